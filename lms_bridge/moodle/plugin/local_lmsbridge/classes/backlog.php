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
 * Results that are there and not in the outbox.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * Finds what was there before the plugin, and what came in without an event: it looks for what is missing, not for what is
 * new, because Moodle backdates completions.
 */
class backlog {
    /**
     * Puts into the outbox what is missing there. It may be stopped at any time: the next run goes on.
     *
     * @return int rows written
     */
    public static function fill(): int {
        global $DB;
        $written = 0;
        foreach (self::queries() as [$sql, $params]) {
            $missing = $DB->get_recordset_sql($sql, $params);
            $notes = [];
            foreach ($missing as $note) {
                $notes[] = (object) ['kind' => $note->kind, 'instanceid' => $note->instanceid, 'userid' => $note->userid,
                    'attempt' => $note->attempt, 'reason' => 0, 'timecreated' => time()];
                if (count($notes) === resolver::BATCH) {
                    $written += self::resolve($notes);
                    $notes = [];
                }
            }
            $missing->close();
            $written += self::resolve($notes);
        }
        set_config('filled', time(), 'local_lmsbridge');
        pusher::queue();
        return $written;
    }

    /**
     * Writes down some notes and resolves them.
     *
     * @param \stdClass[] $notes
     * @return int rows written
     */
    private static function resolve(array $notes): int {
        global $DB;
        if (!$notes) {
            return 0;
        }
        $DB->insert_records('local_lmsbridge_touched', $notes);
        return resolver::run(60);
    }

    /**
     * How many results are still to come, until the outbox has been filled for the first time.
     *
     * @return int
     */
    public static function remaining(): int {
        global $DB;
        $remaining = $DB->count_records('local_lmsbridge_touched');
        if (!get_config('local_lmsbridge', 'filled')) {
            foreach (self::queries() as [$sql, $params]) {
                $remaining += $DB->count_records_sql("SELECT COUNT(1) FROM ($sql) missing", $params);
            }
        }
        return $remaining;
    }

    /**
     * What finds the missing ones: completions of activities, attempts at SCORM, completions of courses.
     *
     * @return array[] [SQL, parameters]
     */
    private static function queries(): array {
        global $DB;
        [$instatus, $params] = $DB->get_in_or_equal(attempts::STATUS, SQL_PARAMS_NAMED, 'e');
        [$inended, $ended] = $DB->get_in_or_equal(attempts::ENDED, SQL_PARAMS_NAMED, 'v');
        $value = $DB->sql_compare_text('v.value', 20);
        return [
            ["SELECT DISTINCT 'activity' AS kind, cm.id AS instanceid, a.userid, a.attempt
                FROM " . attempts::tables() . "
                JOIN {modules} m ON m.name = 'scorm'
                JOIN {course_modules} cm ON cm.module = m.id AND cm.instance = a.scormid AND cm.deletioninprogress = 0
               WHERE e.element $instatus AND $value $inended
                     AND NOT EXISTS (SELECT 1 FROM {local_lmsbridge_outbox} o WHERE o.userid = a.userid AND o.cmid = cm.id
                                            AND o.attempt = a.attempt)", $params + $ended],
            ["SELECT 'activity' AS kind, cm.id AS instanceid, cmc.userid, 0 AS attempt
                FROM {course_modules_completion} cmc
                JOIN {course_modules} cm ON cm.id = cmc.coursemoduleid AND cm.deletioninprogress = 0
                JOIN {modules} m ON m.id = cm.module
               WHERE cmc.completionstate <> 0
                     AND NOT EXISTS (SELECT 1 FROM {local_lmsbridge_outbox} o WHERE o.userid = cmc.userid AND o.cmid = cm.id
                                            AND (o.attempt = 0 OR (m.name = 'scorm' AND cmc.overrideby IS NULL)))", []],
            ["SELECT 'course' AS kind, cc.course AS instanceid, cc.userid, 0 AS attempt
                FROM {course_completions} cc
               WHERE cc.timecompleted IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM {local_lmsbridge_outbox} o WHERE o.userid = cc.userid AND o.cmid = 0
                                            AND o.courseid = cc.course)", []],
        ];
    }
}
