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
 * Web service local_lmsbridge_test_push.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\pusher;

/**
 * Pushes an empty batch, now, and tells how it went.
 */
class test_push extends base {
    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters();
    }

    /**
     * Tests the push.
     *
     * @return array
     */
    public static function execute(): array {
        self::begin([]);
        if (pusher::settings()->url === '') {
            return ['ok' => false, 'status' => 0, 'milliseconds' => 0, 'error' => get_string('pushoff', 'local_lmsbridge')];
        }
        $answer = pusher::post([]);
        return ['ok' => $answer->received === 0, 'status' => $answer->status, 'milliseconds' => $answer->milliseconds,
            'error' => $answer->error];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object([
            'ok' => self::bool('Whether the batch was received'),
            'status' => self::int('The HTTP status, 0 without an answer'),
            'milliseconds' => self::int('How long it took'),
            'error' => self::text('What went wrong'),
        ]);
    }
}
