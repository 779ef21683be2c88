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
 * Web service local_lmsbridge_list_activities.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

/**
 * What lms-bridge has published here.
 */
class list_activities extends base {
    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters();
    }

    /**
     * The activities.
     *
     * @return array
     */
    public static function execute(): array {
        global $DB;
        self::begin([]);
        $attempts = $DB->get_manager()->table_exists('scorm_attempt') ? 'scorm_attempt' : 'scorm_scoes_track';
        $records = $DB->get_records_sql(
            "SELECT p.cmid, cm.instance, p.courseid, c.fullname, cs.section, p.moduleuuid, p.revision, s.name, cm.visible,
                    p.timemodified,
                    (SELECT COUNT(DISTINCT a.userid) FROM {{$attempts}} a WHERE a.scormid = cm.instance) AS learners,
                    (SELECT COUNT(1) FROM {course_modules_completion} cmc
                      WHERE cmc.coursemoduleid = cm.id AND cmc.completionstate IN (1, 2)) AS completed
               FROM {local_lmsbridge_module} p
               JOIN {course_modules} cm ON cm.id = p.cmid AND cm.deletioninprogress = 0
               JOIN {scorm} s ON s.id = cm.instance
               JOIN {course} c ON c.id = cm.course
          LEFT JOIN {course_sections} cs ON cs.id = cm.section
           ORDER BY c.fullname, s.name, p.cmid");
        $activities = [];
        foreach ($records as $record) {
            $activities[] = [
                'cmid' => (int) $record->cmid,
                'instanceid' => (int) $record->instance,
                'courseid' => (int) $record->courseid,
                'coursename' => $record->fullname,
                'section' => (int) $record->section,
                'identity' => $record->moduleuuid,
                'revision' => (int) $record->revision,
                'name' => $record->name,
                'visible' => (bool) $record->visible,
                'url' => (new \moodle_url('/mod/scorm/view.php', ['id' => $record->cmid]))->out(false),
                'learners' => (int) $record->learners,
                'completed' => (int) $record->completed,
                'updated' => (int) $record->timemodified,
            ];
        }
        return ['activities' => $activities];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object(['activities' => self::objects([
            'cmid' => self::int('The activity'),
            'instanceid' => self::int('Its SCORM instance'),
            'courseid' => self::int('The course'),
            'coursename' => self::text('Its name'),
            'section' => self::int('The number of the section'),
            'identity' => self::text('The identity of the module'),
            'revision' => self::int('The version that is published'),
            'name' => self::text('The name of the activity'),
            'visible' => self::bool('Whether learners see it'),
            'url' => self::text('Where learners open it'),
            'learners' => self::int('How many have begun'),
            'completed' => self::int('How many have completed'),
            'updated' => self::int('When it was last published'),
        ])]);
    }
}
