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
 * From "something changed" to rows of the outbox.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * Finds out what changed, and writes it to the outbox.
 *
 * One at a time: rows get their ids under a lock that is held until the commit. So whoever has read up to an id has seen
 * every row below it, and an id is a cursor that misses nothing, however late the transaction of a learner commits.
 */
class resolver {
    /** @var int Every attempt of the learner may have changed. */
    const EVERY_ATTEMPT = -1;

    /** @var int The same state again, later, is a new result. */
    const RENEWS = 1;

    /** @var int A result that is gone was taken back. Else it is kept: a reset of a course unlearns nothing. */
    const TAKES_BACK = 2;

    /** @var int Notes that are worked on at a time. */
    const BATCH = 1000;

    /** @var string[] States that stand for something learned. */
    const LEARNED = ['completed', 'passed'];

    /**
     * Notes that something may have changed, and has it pushed.
     *
     * @param string $kind activity or course
     * @param int $instanceid course module id or course id
     * @param int $userid
     * @param int $attempt
     * @param int $reason RENEWS and TAKES_BACK, as bits
     */
    public static function touch(string $kind, int $instanceid, int $userid, int $attempt, int $reason): void {
        global $DB;
        $DB->insert_record('local_lmsbridge_touched', (object) [
            'kind' => $kind,
            'instanceid' => $instanceid,
            'userid' => $userid,
            'attempt' => $attempt,
            'reason' => $reason,
            'timecreated' => time(),
        ], false);
        pusher::queue();
    }

    /**
     * Works off what was noted.
     *
     * @param int $wait seconds to wait for another who is at it
     * @return int rows written
     */
    public static function run(int $wait = 5): int {
        global $DB;
        if ($DB->is_transaction_started()) {
            return 0; // The lock would be given back before the commit. The next run does it.
        }
        if (!$DB->record_exists('local_lmsbridge_touched', [])) {
            return 0;
        }
        $lock = \core\lock\lock_config::get_lock_factory('local_lmsbridge')->get_lock('outbox', $wait);
        if (!$lock) {
            return 0;
        }
        try {
            $written = 0;
            while ($touched = $DB->get_records('local_lmsbridge_touched', null, 'id', '*', 0, self::BATCH)) {
                $written += self::batch($touched);
            }
            return $written;
        } finally {
            $lock->release();
        }
    }

    /**
     * Works off one batch, in one transaction.
     *
     * @param \stdClass[] $touched
     * @return int rows written
     */
    private static function batch(array $touched): int {
        global $DB;
        $notes = ['activity' => [], 'course' => []];
        foreach ($touched as $note) {
            $key = "{$note->instanceid}:{$note->userid}:{$note->attempt}";
            $notes[$note->kind][$key] = ($notes[$note->kind][$key] ?? 0) | $note->reason;
        }
        $transaction = $DB->start_delegated_transaction();
        $rows = array_merge(
            $notes['activity'] ? (new activities($notes['activity']))->rows() : [],
            $notes['course'] ? self::courses($notes['course']) : []
        );
        outbox::add($rows);
        $DB->delete_records_list('local_lmsbridge_touched', 'id', array_keys($touched));
        $transaction->allow_commit();
        return count($rows);
    }

    /**
     * What is new about completed courses.
     *
     * @param int[] $notes reasons by courseid:userid:0
     * @return \stdClass[] rows of the outbox
     */
    private static function courses(array $notes): array {
        global $DB;
        [$courseids, $userids] = self::ids(array_keys($notes));
        [$incourses, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c');
        [$inusers, $userparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u');
        $params += $userparams;
        $current = $DB->get_records_select('local_lmsbridge_outbox',
            "kind = 'course' AND superseded = 0 AND courseid $incourses AND userid $inusers", $params);
        $known = [];
        foreach ($current as $row) {
            $known["{$row->courseid}:{$row->userid}:0"] = $row;
        }
        $completions = $DB->get_records_sql(
            "SELECT cc.id, cc.course, cc.userid, cc.timecompleted, c.fullname, c.idnumber,
                    gg.finalgrade, gi.grademin, gi.grademax
               FROM {course_completions} cc
               JOIN {course} c ON c.id = cc.course
          LEFT JOIN {grade_items} gi ON gi.courseid = cc.course AND gi.itemtype = 'course' AND gi.gradetype = 1
          LEFT JOIN {grade_grades} gg ON gg.itemid = gi.id AND gg.userid = cc.userid
              WHERE cc.timecompleted IS NOT NULL AND cc.course $incourses AND cc.userid $inusers
           ORDER BY cc.timecompleted, cc.id", $params);
        $rows = [];
        foreach ($completions as $completion) {
            $key = "{$completion->course}:{$completion->userid}:0";
            $old = $known[$key] ?? null;
            if (!isset($notes[$key]) || ($old && $old->occurred == $completion->timecompleted)) {
                continue;
            }
            $rows[] = (object) [
                'kind' => 'course', 'courseid' => $completion->course, 'cmid' => 0, 'userid' => $completion->userid,
                'attempt' => 0, 'modname' => 'course', 'name' => $completion->fullname, 'moduleuuid' => '',
                'cmidnumber' => $completion->idnumber, 'state' => 'completed',
                'score' => self::scaled($completion->finalgrade, $completion->grademin, $completion->grademax),
                'revision' => 0, 'occurred' => $completion->timecompleted, 'supersedes' => $old->id ?? 0,
            ];
        }
        return $rows;
    }

    /**
     * The instances and the users of some keys.
     *
     * @param string[] $keys instance:user:attempt
     * @return array [int[], int[]]
     */
    public static function ids(array $keys): array {
        $instances = $users = [];
        foreach ($keys as $key) {
            [$instance, $user] = explode(':', $key);
            $instances[$instance] = (int) $instance;
            $users[$user] = (int) $user;
        }
        return [array_values($instances), array_values($users)];
    }

    /**
     * A grade as a share of what could be reached.
     *
     * @param string|float|null $grade
     * @param string|float|null $min
     * @param string|float|null $max
     * @return float 0 to 1, or -1 where there is none
     */
    public static function scaled($grade, $min, $max): float {
        if (!is_numeric($grade) || (float) $max <= (float) $min) {
            return -1;
        }
        return round(max(0, min(1, ((float) $grade - (float) $min) / ((float) $max - (float) $min))), 5);
    }
}
