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
 * The activities that lms-bridge has published.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * What is published where, in which revision, since when.
 */
class modules {
    /** @var string what the ID number of our activities begins with */
    const PREFIX = 'lmsbridge:';

    /**
     * The activity of a module in a course, wherever it has been moved to.
     *
     * A course that was restored from a backup has our activities, but is not in our table: then the ID number tells.
     *
     * @param int $courseid
     * @param string $identity
     * @return \stdClass|null the course module
     */
    public static function find(int $courseid, string $identity): ?\stdClass {
        global $DB;
        $cmid = $DB->get_field('local_lmsbridge_module', 'cmid', ['courseid' => $courseid, 'moduleuuid' => $identity]);
        if ($cmid && $cm = get_coursemodule_from_id('scorm', $cmid, $courseid)) {
            if (!$cm->deletioninprogress) {
                return $cm;
            }
        }
        $found = $DB->get_records_sql(
            "SELECT cm.id FROM {course_modules} cm JOIN {modules} m ON m.id = cm.module AND m.name = 'scorm'
              WHERE cm.course = :courseid AND cm.idnumber = :idnumber AND cm.deletioninprogress = 0 ORDER BY cm.id",
            ['courseid' => $courseid, 'idnumber' => self::PREFIX . $identity], 0, 1);
        return $found ? get_coursemodule_from_id('scorm', reset($found)->id, $courseid) : null;
    }

    /**
     * Notes that a revision was published.
     *
     * @param int $courseid
     * @param string $identity
     * @param int $cmid
     * @param int $revision
     */
    public static function published(int $courseid, string $identity, int $cmid, int $revision): void {
        global $DB;
        $now = time();
        $record = $DB->get_record('local_lmsbridge_module', ['courseid' => $courseid, 'moduleuuid' => $identity]);
        $new = (object) ['courseid' => $courseid, 'moduleuuid' => $identity, 'cmid' => $cmid, 'revision' => $revision,
            'timemodified' => $now];
        $history = $record && $record->cmid == $cmid ? json_decode($record->history ?: '[]') : [];
        if (!$history || end($history)[1] != $revision) {
            $history[] = [$history ? $now : 0, $revision];
        }
        $new->history = json_encode($history);
        if ($record) {
            $new->id = $record->id;
            $DB->update_record('local_lmsbridge_module', $new);
        } else {
            $new->timecreated = $now;
            $DB->insert_record('local_lmsbridge_module', $new);
        }
    }

    /**
     * Which module an activity is.
     *
     * @param \stdClass $cm with moduleuuid (from our table, or null) and idnumber
     * @return string '' where it is none of ours
     */
    public static function identity(\stdClass $cm): string {
        if (!empty($cm->moduleuuid)) {
            return $cm->moduleuuid;
        }
        $idnumber = (string) ($cm->idnumber ?? '');
        return strpos($idnumber, self::PREFIX) === 0 ? substr($idnumber, strlen(self::PREFIX)) : '';
    }

    /**
     * The revision that someone took who began at a time: who has begun finishes on that revision.
     *
     * @param \stdClass $cm with history and revision from our table, or null
     * @param int $began
     * @return int 0 where it is none of ours
     */
    public static function revision_at(\stdClass $cm, int $began): int {
        $revision = (int) ($cm->revision ?? 0);
        foreach (json_decode($cm->history ?? '') ?: [] as [$since, $number]) {
            if ($since <= $began) {
                $revision = (int) $number;
            }
        }
        return $revision;
    }
}
