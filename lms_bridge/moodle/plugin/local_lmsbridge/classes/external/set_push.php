<?php
// This file is part of Moodle - https://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <https://www.gnu.org/licenses/>.

/**
 * Web service local_lmsbridge_set_push.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\pusher;

/**
 * Sets where results are pushed to.
 */
class set_push extends base {
    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters([
            'url' => self::value(PARAM_URL, 'The address of lms-bridge for this Moodle'),
            'secret' => self::text('What batches are signed with'),
            'enabled' => self::bool('Whether results are pushed'),
        ]);
    }

    /**
     * Sets the push.
     *
     * @param string $url
     * @param string $secret
     * @param bool $enabled
     * @return array
     */
    public static function execute(string $url, string $secret, bool $enabled): array {
        global $CFG;
        ['url' => $url, 'secret' => $secret, 'enabled' => $enabled] = self::begin(
            ['url' => $url, 'secret' => $secret, 'enabled' => $enabled],
            ['moodle/site:viewuseridentity']);
        $secure = strpos($url, 'https://') === 0 || strpos($CFG->wwwroot, 'https://') !== 0;
        if ($enabled && (!$secure || strlen($secret) < 16)) {
            throw new \moodle_exception('unsafepush', 'local_lmsbridge');
        }
        pusher::configure($url, $secret, $enabled);
        return ['enabled' => $enabled];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object(['enabled' => self::bool('Whether results are pushed')]);
    }
}
