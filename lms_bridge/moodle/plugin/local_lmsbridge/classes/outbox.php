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
 * The outbox: results in the order in which they are told.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * Rows are only added. A row that tells something newer about the same result marks the older one as superseded.
 */
class outbox {
    /** @var int days until superseded rows, and rows of deleted people, are removed */
    const KEPT_DAYS = 30;

    /**
     * Adds rows. Only the resolver calls it, under its lock.
     *
     * @param \stdClass[] $rows with supersedes: the id of the row that each replaces, or 0
     */
    public static function add(array $rows): void {
        global $DB;
        if (!$rows) {
            return;
        }
        $old = [];
        foreach ($rows as $row) {
            if ($row->supersedes) {
                $old[] = $row->supersedes;
            }
            unset($row->supersedes);
            $row->name = \core_text::substr($row->name, 0, 255);
            $row->timecreated = time();
            $row->superseded = 0;
        }
        if ($old) {
            [$in, $params] = $DB->get_in_or_equal($old);
            $DB->set_field_select('local_lmsbridge_outbox', 'superseded', 1, "id $in", $params);
        }
        $DB->insert_records('local_lmsbridge_outbox', $rows);
    }

    /**
     * The rows after a cursor that an account may see, with the people in them.
     *
     * @param int $after id of the last row that is known
     * @param int $limit
     * @param int $userid whose capabilities count
     * @return array [rows, the cursor after them, whether there are more]
     */
    public static function page(int $after, int $limit, int $userid): array {
        global $DB;
        $names = \core_user\fields::for_name()->get_sql('u', false, '', '', false)->selects;
        $records = $DB->get_records_sql(
            "SELECT o.*, u.username, u.idnumber AS useridnumber, u.email, $names
               FROM {local_lmsbridge_outbox} o
          LEFT JOIN {user} u ON u.id = o.userid
              WHERE o.id > :after
           ORDER BY o.id", ['after' => $after], 0, $limit + 1);
        $more = count($records) > $limit;
        if ($more) {
            array_pop($records);
        }
        $cursor = $records ? (int) array_key_last($records) : $after;
        $hidden = permissions::hidden_courses(array_column($records, 'courseid', 'courseid'), $userid);
        $rows = [];
        foreach ($records as $record) {
            if (!isset($hidden[$record->courseid])) {
                $rows[] = self::told($record);
            }
        }
        return [$rows, $cursor, $more];
    }

    /**
     * A row as it is told.
     *
     * @param \stdClass $record
     * @return array
     */
    private static function told(\stdClass $record): array {
        $person = json_decode($record->person ?? '');
        return [
            'id' => (int) $record->id,
            'kind' => $record->kind,
            'cmid' => (int) $record->cmid,
            'courseid' => (int) $record->courseid,
            'modname' => (string) $record->modname,
            'name' => (string) $record->name,
            'identity' => (string) $record->moduleuuid,
            'idnumber' => (string) $record->cmidnumber,
            'userid' => (int) $record->userid,
            'username' => (string) ($person->username ?? $record->username),
            'useridnumber' => (string) ($person->idnumber ?? $record->useridnumber),
            'fullname' => $person->fullname ?? fullname($record),
            'email' => (string) ($person->email ?? $record->email),
            'attempt' => (int) $record->attempt,
            'state' => $record->state,
            'score' => (float) $record->score,
            'revision' => (int) $record->revision,
            'occurred' => (int) $record->occurred,
            'changed' => (int) $record->timecreated,
        ];
    }

    /**
     * How many rows come after a cursor.
     *
     * @param int $after
     * @return int
     */
    public static function count_after(int $after): int {
        global $DB;
        return $DB->count_records_select('local_lmsbridge_outbox', 'id > ?', [$after]);
    }

    /**
     * The id of the last row.
     *
     * @return int
     */
    public static function last(): int {
        global $DB;
        return (int) $DB->get_field_sql('SELECT MAX(id) FROM {local_lmsbridge_outbox}');
    }

    /**
     * Tells what is known of a course once more: the account may see it now.
     *
     * @param int $courseid
     */
    public static function tell_again(int $courseid): void {
        global $DB;
        $lock = \core\lock\lock_config::get_lock_factory('local_lmsbridge')->get_lock('outbox', 10);
        if (!$lock) {
            return;
        }
        $transaction = $DB->start_delegated_transaction();
        $rows = $DB->get_records('local_lmsbridge_outbox', ['courseid' => $courseid, 'superseded' => 0], 'id');
        $DB->insert_records('local_lmsbridge_outbox', $rows);
        $DB->delete_records_list('local_lmsbridge_outbox', 'id', array_keys($rows));
        $transaction->allow_commit();
        $lock->release();
    }

    /**
     * Removes what has been replaced, and the people who were deleted, a month later.
     */
    public static function clean_up(): void {
        global $DB;
        $then = time() - self::KEPT_DAYS * DAYSECS;
        $DB->delete_records_select('local_lmsbridge_outbox', 'superseded = 1 AND timecreated < ?', [$then]);
        $DB->delete_records_select('local_lmsbridge_outbox',
            'userid IN (SELECT id FROM {user} WHERE deleted = 1 AND timemodified < ?)', [$then]);
    }
}
