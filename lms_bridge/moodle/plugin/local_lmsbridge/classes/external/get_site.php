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
 * Web service local_lmsbridge_get_site.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\permissions;
use local_lmsbridge\pusher;

/**
 * What this Moodle is, what the account may do and how the push goes. It answers an account that lacks everything but
 * local/lmsbridge:use, because it is what tells what is missing.
 */
class get_site extends base {
    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters();
    }

    /**
     * The site.
     *
     * @return array
     */
    public static function execute(): array {
        global $CFG, $SITE, $USER;
        self::begin([]);
        $missing = permissions::missing(permissions::NEEDED, \context_system::instance());
        $capabilities = [];
        foreach (permissions::NEEDED as $name) {
            $capabilities[] = ['name' => $name, 'held' => !in_array($name, $missing)];
        }
        $push = pusher::settings();
        $plugin = \core_plugin_manager::instance()->get_plugin_info('local_lmsbridge');
        return [
            'plugin' => (int) $plugin->versiondisk,
            'release' => (string) $plugin->release,
            'moodle' => $CFG->release,
            'issuer' => $CFG->wwwroot,
            'sitename' => $SITE->fullname,
            'userid' => (int) $USER->id,
            'username' => $USER->username,
            'now' => time(),
            'capabilities' => $capabilities,
            'push' => ['url' => $push->url, 'enabled' => $push->enabled, 'waiting' => pusher::waiting(),
                'lastsuccess' => $push->lastsuccess, 'lasterror' => $push->lasterror],
        ];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object([
            'plugin' => self::int('The version of the plugin'),
            'release' => self::text('The release of the plugin'),
            'moodle' => self::text('The release of Moodle'),
            'issuer' => self::text('The address of this Moodle'),
            'sitename' => self::text('Its name'),
            'userid' => self::int('The account'),
            'username' => self::text('Its user name'),
            'now' => self::int('The time here'),
            'capabilities' => self::objects([
                'name' => self::text('A capability'),
                'held' => self::bool('Whether the account has it'),
            ]),
            'push' => self::object([
                'url' => self::text('Where results are pushed to'),
                'enabled' => self::bool('Whether they are'),
                'waiting' => self::int('How many wait'),
                'lastsuccess' => self::int('When a batch was last received, 0 for never'),
                'lasterror' => self::text('Why the last batch was not received'),
            ]),
        ]);
    }
}
