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
 * What is new about activities.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * The results of learners in activities, as they are now, against what the outbox says of them.
 *
 * SCORM has a row for each attempt, read from the attempts themselves: its completion never goes back, knows nothing of later
 * attempts and is silent about a first attempt that failed. All else, and a SCORM activity that a teacher ticked off, has one
 * row with the attempt 0, read from the completion.
 */
class activities {
    /** @var array states by Moodle's completion states (COMPLETION_COMPLETE_FAIL_HIDDEN came with Moodle 4.3) */
    const STATES = [1 => 'completed', 2 => 'passed', 3 => 'failed', 4 => 'failed'];

    /** @var int[] reasons by cmid:userid:attempt */
    private $notes;

    /** @var \stdClass[] course modules by id */
    private $modules = [];

    /** @var array[] rows of the outbox by cmid:userid, then by attempt */
    private $known = [];

    /**
     * Reads what is needed for some notes, in a few queries.
     *
     * @param int[] $notes reasons by cmid:userid:attempt
     */
    public function __construct(array $notes) {
        global $DB;
        $this->notes = $notes;
        [$cmids, $userids] = resolver::ids(array_keys($notes));
        [$incms, $params] = $DB->get_in_or_equal($cmids, SQL_PARAMS_NAMED, 'c');
        [$inusers, $userparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u');
        $this->modules = $DB->get_records_sql(
            "SELECT cm.id, cm.course, cm.instance, cm.idnumber, m.name AS modname, p.moduleuuid, p.revision, p.history
               FROM {course_modules} cm
               JOIN {modules} m ON m.id = cm.module
          LEFT JOIN {local_lmsbridge_module} p ON p.cmid = cm.id
              WHERE cm.id $incms", $params);
        $this->read_names();
        $rows = $DB->get_records_select('local_lmsbridge_outbox',
            "kind = 'activity' AND superseded = 0 AND cmid $incms AND userid $inusers", $params + $userparams, 'id',
            'id, cmid, userid, attempt, state, score, occurred, revision');
        foreach ($rows as $row) {
            $this->known["{$row->cmid}:{$row->userid}"][$row->attempt] = $row;
        }
    }

    /**
     * The names of the activities, one query a kind of module.
     */
    private function read_names(): void {
        global $DB;
        $instances = [];
        foreach ($this->modules as $cm) {
            $instances[$cm->modname][$cm->instance] = $cm->id;
        }
        foreach ($instances as $modname => $cmids) {
            $names = $DB->get_records_list($modname, 'id', array_keys($cmids), '', 'id, name');
            foreach ($names as $instance => $record) {
                $this->modules[$cmids[$instance]]->name = $record->name;
            }
        }
    }

    /**
     * What is new.
     *
     * @return \stdClass[] rows of the outbox
     */
    public function rows(): array {
        $attempts = attempts::of($this->instances('scorm'), $this->users());
        $completions = $this->completions();
        $rows = [];
        foreach ($this->notes as $key => $reason) {
            [$cmid, $userid, $attempt] = array_map('intval', explode(':', $key));
            $cm = $this->modules[$cmid] ?? null;
            if (!$cm) {
                continue; // It is deleted. What was learned in it stays as it was told.
            }
            if ($attempt === 0) {
                $results = [0 => $this->whole($cm, $userid, $completions, $attempts)];
            } else {
                $all = $attempts[$cm->instance][$userid] ?? [];
                $results = $attempt === resolver::EVERY_ATTEMPT ? $all : [$attempt => $all[$attempt] ?? null];
            }
            foreach ($results as $number => $result) {
                $row = $this->row($cm, $userid, $number, $result, $reason);
                if ($row) {
                    $rows["$cmid:$userid:$number"] = $row;
                }
            }
        }
        uasort($rows, function ($a, $b) {
            return $a->occurred <=> $b->occurred;
        });
        return array_values($rows);
    }

    /**
     * The result of an activity as a whole (attempt 0).
     *
     * @param \stdClass $cm
     * @param int $userid
     * @param array $completions
     * @param array $attempts
     * @return \stdClass|null
     */
    private function whole(\stdClass $cm, int $userid, array $completions, array $attempts): ?\stdClass {
        $result = $completions["{$cm->id}:$userid"] ?? null;
        if ($result && $cm->modname === 'scorm' && !$result->overridden) {
            foreach ($attempts[$cm->instance][$userid] ?? [] as $attempt) {
                if ($attempt->state) {
                    return null; // The attempts tell it.
                }
            }
        }
        return $result;
    }

    /**
     * The row that tells what is new about one result, if something is.
     *
     * @param \stdClass $cm
     * @param int $userid
     * @param int $attempt
     * @param \stdClass|null $result with state, score, occurred and began; null where there is none
     * @param int $reason
     * @return \stdClass|null
     */
    private function row(\stdClass $cm, int $userid, int $attempt, ?\stdClass $result, int $reason): ?\stdClass {
        $old = $this->known["{$cm->id}:$userid"][$attempt] ?? null;
        if (!$result || !$result->state) {
            if (!$old || $old->state === 'withdrawn' || $result || !($reason & resolver::TAKES_BACK)) {
                return null;
            }
            $result = (object) ['state' => 'withdrawn', 'score' => -1, 'occurred' => time(), 'began' => 0];
        } else if ($old && $old->state === $result->state && abs($old->score - $result->score) < 0.00001
                && ($old->occurred == $result->occurred || !($reason & resolver::RENEWS))) {
            return null;
        }
        return (object) [
            'kind' => 'activity', 'courseid' => $cm->course, 'cmid' => $cm->id, 'userid' => $userid, 'attempt' => $attempt,
            'modname' => $cm->modname, 'name' => $cm->name ?? '', 'moduleuuid' => modules::identity($cm),
            'cmidnumber' => $cm->idnumber ?? '', 'state' => $result->state, 'score' => $result->score,
            'revision' => $result->state === 'withdrawn' ? $old->revision : modules::revision_at($cm, $result->began),
            'occurred' => $result->occurred, 'supersedes' => $old->id ?? 0,
        ];
    }

    /**
     * Completions of what is asked for as a whole, with the grade.
     *
     * @return \stdClass[] by cmid:userid
     */
    private function completions(): array {
        global $DB;
        $keys = array_filter(array_keys($this->notes), function ($key) {
            return substr($key, -2) === ':0';
        });
        if (!$keys) {
            return [];
        }
        [$cmids, $userids] = resolver::ids($keys);
        [$incms, $params] = $DB->get_in_or_equal($cmids, SQL_PARAMS_NAMED, 'c');
        [$inusers, $userparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u');
        $records = $DB->get_records_sql(
            "SELECT cmc.id, cmc.coursemoduleid, cmc.userid, cmc.completionstate, cmc.overrideby, cmc.timemodified,
                    gg.finalgrade, gi.grademin, gi.grademax
               FROM {course_modules_completion} cmc
               JOIN {course_modules} cm ON cm.id = cmc.coursemoduleid
               JOIN {modules} m ON m.id = cm.module
          LEFT JOIN {grade_items} gi ON gi.itemtype = 'mod' AND gi.itemmodule = m.name AND gi.iteminstance = cm.instance
                    AND gi.itemnumber = 0 AND gi.gradetype = 1 AND gi.courseid = cm.course
          LEFT JOIN {grade_grades} gg ON gg.itemid = gi.id AND gg.userid = cmc.userid
              WHERE cmc.completionstate <> 0 AND cmc.coursemoduleid $incms AND cmc.userid $inusers", $params + $userparams);
        $completions = [];
        foreach ($records as $record) {
            $completions["{$record->coursemoduleid}:{$record->userid}"] = (object) [
                'state' => self::STATES[$record->completionstate] ?? '',
                'score' => resolver::scaled($record->finalgrade, $record->grademin, $record->grademax),
                'occurred' => (int) $record->timemodified,
                'began' => (int) $record->timemodified,
                'overridden' => !empty($record->overrideby),
            ];
        }
        return $completions;
    }

    /**
     * The instances of one kind of module.
     *
     * @param string $modname
     * @return int[]
     */
    private function instances(string $modname): array {
        $instances = [];
        foreach ($this->modules as $cm) {
            if ($cm->modname === $modname) {
                $instances[] = $cm->instance;
            }
        }
        return $instances;
    }

    /**
     * The learners in question.
     *
     * @return int[]
     */
    private function users(): array {
        return resolver::ids(array_keys($this->notes))[1];
    }
}
