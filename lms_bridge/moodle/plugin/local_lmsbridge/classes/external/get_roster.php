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
 * Web service local_lmsbridge_get_roster.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

/**
 * The people of this Moodle.
 */
class get_roster extends base {
    /** @var int people of an answer at most */
    const MOST = 5000;

    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters([
            'after' => self::int('The last of the answer before', 0),
            'limit' => self::int('People at most', 1000),
        ]);
    }

    /**
     * The people.
     *
     * @param int $after
     * @param int $limit
     * @return array
     */
    public static function execute(int $after = 0, int $limit = 1000): array {
        global $CFG, $DB;
        ['after' => $after, 'limit' => $limit] = self::begin(['after' => $after, 'limit' => $limit],
            ['moodle/site:viewuseridentity']);
        $limit = max(1, min(self::MOST, $limit));
        $names = \core_user\fields::for_name()->get_sql('u', false, '', '', false)->selects;
        $records = $DB->get_records_sql(
            "SELECT u.id, u.username, u.idnumber, u.email, u.suspended, $names
               FROM {user} u
              WHERE u.id > :after AND u.deleted = 0 AND u.confirmed = 1 AND u.id <> :guest
           ORDER BY u.id", ['after' => $after, 'guest' => $CFG->siteguest], 0, $limit + 1);
        $more = count($records) > $limit;
        $users = [];
        foreach (array_slice($records, 0, $limit) as $record) {
            $users[] = [
                'id' => (int) $record->id,
                'username' => $record->username,
                'idnumber' => $record->idnumber,
                'fullname' => fullname($record),
                'email' => $record->email,
                'suspended' => (bool) $record->suspended,
            ];
        }
        return ['users' => $users, 'last' => $users ? end($users)['id'] : $after, 'more' => $more];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object([
            'users' => self::objects([
                'id' => self::int('The person'),
                'username' => self::text('The user name'),
                'idnumber' => self::text('The ID number'),
                'fullname' => self::text('The name'),
                'email' => self::text('The e-mail address'),
                'suspended' => self::bool('Whether the account is suspended'),
            ]),
            'last' => self::int('The last of them'),
            'more' => self::bool('Whether there are more'),
        ]);
    }
}
