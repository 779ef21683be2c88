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
 * Web service local_lmsbridge_get_results.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\backlog;
use local_lmsbridge\outbox;
use local_lmsbridge\permissions;
use local_lmsbridge\resolver;

/**
 * Results after a cursor, in the order in which they came to be known.
 */
class get_results extends base {
    /** @var int rows of an answer at most */
    const MOST = 5000;

    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters([
            'cursor' => self::text('The cursor of the answer before; empty from the beginning', ''),
            'limit' => self::int('Rows at most', 1000),
        ]);
    }

    /**
     * The results.
     *
     * @param string $cursor
     * @param int $limit
     * @return array
     */
    public static function execute(string $cursor = '', int $limit = 1000): array {
        global $USER;
        ['cursor' => $cursor, 'limit' => $limit] = self::begin(['cursor' => $cursor, 'limit' => $limit],
            ['moodle/site:viewuseridentity']);
        if ($cursor !== '' && !ctype_digit($cursor)) {
            throw new \invalid_parameter_exception('cursor: as it was given');
        }
        permissions::recheck($USER->id);
        resolver::run();
        $after = (int) $cursor;
        if ($after > outbox::last()) {
            $after = 0; // A cursor of another time: the plugin was installed anew, or the site was restored.
        }
        [$rows, $last, $more] = outbox::page($after, max(1, min(self::MOST, $limit)), $USER->id);
        return [
            'rows' => $rows,
            'cursor' => (string) $last,
            'more' => $more,
            'remaining' => ($more ? outbox::count_after($last) : 0) + backlog::remaining(),
            'now' => time(),
            'omitted' => permissions::omitted(),
        ];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object([
            'rows' => self::objects([
                'id' => self::int('The id in the outbox'),
                'kind' => self::text('activity or course'),
                'cmid' => self::int('The activity, 0 for a course'),
                'courseid' => self::int('The course'),
                'modname' => self::text('The kind of activity'),
                'name' => self::text('The name of the activity or the course'),
                'identity' => self::text('The identity of our module, empty for others'),
                'idnumber' => self::text('The ID number of the activity or the course'),
                'userid' => self::int('The learner'),
                'username' => self::text('The user name'),
                'useridnumber' => self::text('The ID number'),
                'fullname' => self::text('The name'),
                'email' => self::text('The e-mail address'),
                'attempt' => self::int('The number of the SCORM attempt, 0 for the activity as a whole'),
                'state' => self::text('completed, passed, failed or withdrawn'),
                'score' => self::value(PARAM_FLOAT, '0 to 1, or -1 for none'),
                'revision' => self::int('The version of our module, 0 for others'),
                'occurred' => self::int('When it happened'),
                'changed' => self::int('When it came to be known'),
            ]),
            'cursor' => self::text('The cursor for the next call'),
            'more' => self::bool('Whether there are more rows now'),
            'remaining' => self::int('About how many results are still to come'),
            'now' => self::int('The time here'),
            'omitted' => self::objects([
                'courseid' => self::int('A course whose results are left out'),
                'coursename' => self::text('Its name'),
                'capability' => self::text('What the account lacks there'),
            ]),
        ]);
    }
}
