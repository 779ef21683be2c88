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
 * SCORM attempts.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * Reads what learners did in SCORM attempts.
 */
class attempts {
    /** @var string[] elements that carry a status */
    const STATUS = ['cmi.core.lesson_status', 'cmi.completion_status', 'cmi.success_status'];

    /** @var string[] elements that carry a score or when the attempt began */
    const OTHER = ['cmi.score.scaled', 'cmi.core.score.raw', 'cmi.core.score.min', 'cmi.core.score.max',
        'cmi.score.raw', 'cmi.score.min', 'cmi.score.max', 'x.start.time'];

    /** @var string[] statuses that end an attempt */
    const ENDED = ['passed', 'completed', 'failed'];

    /**
     * The part of a query that joins attempts (a), elements (e) and their values (v).
     *
     * Moodle kept all of it in one table until version 2023042401 of its SCORM module.
     *
     * @return string
     */
    public static function tables(): string {
        global $DB;
        if ($DB->get_manager()->table_exists('scorm_attempt')) {
            return '{scorm_attempt} a JOIN {scorm_scoes_value} v ON v.attemptid = a.id
                    JOIN {scorm_element} e ON e.id = v.elementid';
        }
        return '{scorm_scoes_track} a JOIN {scorm_scoes_track} v ON v.id = a.id JOIN {scorm_scoes_track} e ON e.id = a.id';
    }

    /**
     * The attempts of some learners at some SCORM activities.
     *
     * @param int[] $scormids
     * @param int[] $userids
     * @return array by scorm id, user id and number: objects with state ('' while in progress), score (0 to 1, or -1), occurred
     *      (when the status was set) and began
     */
    public static function of(array $scormids, array $userids): array {
        global $DB;
        if (!$scormids || !$userids) {
            return [];
        }
        [$inscorms, $params] = $DB->get_in_or_equal($scormids, SQL_PARAMS_NAMED, 's');
        [$inusers, $userparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u');
        [$inelements, $elementparams] = $DB->get_in_or_equal(array_merge(self::STATUS, self::OTHER), SQL_PARAMS_NAMED, 'e');
        $records = $DB->get_recordset_sql(
            "SELECT a.scormid, a.userid, a.attempt, v.scoid, e.element, v.value, v.timemodified
               FROM " . self::tables() . "
              WHERE a.scormid $inscorms AND a.userid $inusers AND e.element $inelements",
            $params + $userparams + $elementparams);
        $tracks = [];
        foreach ($records as $record) {
            $tracks[$record->scormid][$record->userid][$record->attempt][$record->scoid][$record->element] =
                [$record->value, (int) $record->timemodified];
        }
        $records->close();
        $every = $DB->get_records_list('scorm', 'id', $scormids, '', 'id, completionstatusallscos');
        $parts = self::parts($inscorms, $params);
        foreach ($tracks as $scormid => $users) {
            $needed = empty($every[$scormid]->completionstatusallscos) ? 1 : ($parts[$scormid]->number ?? 1);
            foreach ($users as $userid => $numbers) {
                foreach ($numbers as $number => $scos) {
                    $tracks[$scormid][$userid][$number] = self::attempt($scos, (int) $needed);
                }
            }
        }
        return $tracks;
    }

    /**
     * How many SCOs each activity has.
     *
     * @param string $inscorms
     * @param array $params
     * @return \stdClass[] by scorm id
     */
    private static function parts(string $inscorms, array $params): array {
        global $DB;
        return $DB->get_records_sql("SELECT scorm, COUNT(1) AS number FROM {scorm_scoes}
            WHERE scormtype = 'sco' AND scorm $inscorms GROUP BY scorm", $params);
    }

    /**
     * One attempt, from the tracks of its SCOs.
     *
     * @param array[] $scos [value, time] by SCO and element
     * @param int $needed how many SCOs must have been completed or passed
     * @return \stdClass
     */
    private static function attempt(array $scos, int $needed): \stdClass {
        $times = $scores = [];
        $done = $began = 0;
        foreach ($scos as $tracks) {
            $ended = false;
            foreach (self::STATUS as $element) {
                [$value, $time] = $tracks[$element] ?? ['', 0];
                if (in_array($value, self::ENDED, true)) {
                    $times[$value] = max($times[$value] ?? 0, $time);
                    $ended = $ended || $value !== 'failed';
                }
            }
            $done += $ended ? 1 : 0;
            $score = self::score($tracks);
            if ($score >= 0) {
                $scores[] = $score;
            }
            $start = (int) ($tracks['x.start.time'][0] ?? 0);
            $began = $start && (!$began || $start < $began) ? $start : $began;
        }
        $state = '';
        if (isset($times['failed'])) {
            $state = 'failed';
        } else if ($done >= $needed) {
            $state = isset($times['passed']) ? 'passed' : (isset($times['completed']) ? 'completed' : '');
        }
        return (object) [
            'state' => $state,
            'score' => $scores ? round(array_sum($scores) / count($scores), 5) : -1.0,
            'occurred' => $state ? $times[$state] : 0,
            'began' => $began ?: ($state ? $times[$state] : 0),
        ];
    }

    /**
     * The score of a SCO.
     *
     * @param array[] $tracks [value, time] by element
     * @return float 0 to 1, or -1 where there is none
     */
    private static function score(array $tracks): float {
        if (is_numeric($tracks['cmi.score.scaled'][0] ?? null)) {
            return max(0.0, min(1.0, (float) $tracks['cmi.score.scaled'][0]));
        }
        foreach (['cmi.score', 'cmi.core.score'] as $element) {
            $raw = $tracks["$element.raw"][0] ?? '';
            if (is_numeric($raw)) {
                $min = $tracks["$element.min"][0] ?? '';
                $max = $tracks["$element.max"][0] ?? '';
                return resolver::scaled($raw, is_numeric($min) ? $min : 0, is_numeric($max) ? $max : 100);
            }
        }
        return -1;
    }

    /**
     * How many attempts at an activity have begun and not ended.
     *
     * @param int $scormid
     * @return int
     */
    public static function in_progress(int $scormid): int {
        global $DB;
        [$instatus, $params] = $DB->get_in_or_equal(self::STATUS, SQL_PARAMS_NAMED, 'e');
        [$inended, $ended] = $DB->get_in_or_equal(self::ENDED, SQL_PARAMS_NAMED, 'v');
        $value = $DB->sql_compare_text('v.value', 20);
        $counts = $DB->get_record_sql(
            "SELECT COUNT(1) AS begun, SUM(ended) AS ended
               FROM (SELECT a.userid, a.attempt, MAX(CASE WHEN e.element $instatus AND $value $inended THEN 1 ELSE 0 END) AS ended
                       FROM " . self::tables() . "
                      WHERE a.scormid = :scormid
                   GROUP BY a.userid, a.attempt) x", $params + $ended + ['scormid' => $scormid]);
        return (int) $counts->begun - (int) $counts->ended;
    }

    /**
     * Whether anyone has begun.
     *
     * @param int $scormid
     * @return bool
     */
    public static function exist(int $scormid): bool {
        global $DB;
        $table = $DB->get_manager()->table_exists('scorm_attempt') ? 'scorm_attempt' : 'scorm_scoes_track';
        return $DB->record_exists($table, ['scormid' => $scormid]);
    }
}
