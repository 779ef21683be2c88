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
 * Web service local_lmsbridge_list_courses.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\permissions;

/**
 * Courses to publish to.
 */
class list_courses extends base {
    /** @var int accounts that may share an author's e-mail address */
    const SAME_ADDRESS = 5;

    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters([
            'search' => self::text('Part of the name, the short name or the ID number', ''),
            'author' => self::text('E-mail address: only courses where this person may manage activities as well', ''),
            'offset' => self::int('Courses to skip', 0),
            'limit' => self::int('Courses at most, 100 at most', 50),
        ]);
    }

    /**
     * The courses.
     *
     * @param string $search
     * @param string $author
     * @param int $offset
     * @param int $limit
     * @return array
     */
    public static function execute(string $search = '', string $author = '', int $offset = 0, int $limit = 50): array {
        global $DB;
        ['search' => $search, 'author' => $author, 'offset' => $offset, 'limit' => $limit] = self::begin(
            ['search' => $search, 'author' => $author, 'offset' => $offset, 'limit' => $limit]);
        $limit = max(1, min(100, $limit));
        $where = 'c.id <> :site';
        $params = ['site' => SITEID];
        if ($search !== '') {
            $likes = [];
            foreach (['fullname', 'shortname', 'idnumber'] as $field) {
                $likes[] = $DB->sql_like("c.$field", ":$field", false, false);
                $params[$field] = '%' . $DB->sql_like_escape($search) . '%';
            }
            $where .= ' AND (' . implode(' OR ', $likes) . ')';
        }
        if ($author !== '') {
            [$in, $inparams] = $DB->get_in_or_equal(self::of_author($author), SQL_PARAMS_NAMED, 'a', true, 0);
            $where .= " AND c.id $in";
            $params += $inparams;
        }
        $courses = $DB->get_records_sql(
            "SELECT c.id, c.fullname, c.shortname, c.visible, c.enablecompletion, cat.name AS category
               FROM {course} c LEFT JOIN {course_categories} cat ON cat.id = c.category
              WHERE $where ORDER BY c.fullname, c.id", $params, max(0, $offset), $limit + 1);
        $more = count($courses) > $limit;
        $told = array_map([self::class, 'course_told'], array_values(array_slice($courses, 0, $limit)));
        return ['courses' => $told, 'more' => $more];
    }

    /**
     * The courses where an author may manage activities.
     *
     * @param string $email
     * @return int[]
     */
    private static function of_author(string $email): array {
        global $DB;
        $users = $DB->get_records_select('user', 'LOWER(email) = LOWER(?) AND deleted = 0 AND suspended = 0', [$email], 'id', 'id',
            0, self::SAME_ADDRESS);
        $ids = [];
        foreach ($users as $user) {
            foreach (get_user_capability_course('moodle/course:manageactivities', $user->id, true, '', 'id') ?: [] as $course) {
                $ids[$course->id] = (int) $course->id;
            }
        }
        return array_values($ids);
    }

    /**
     * A course as it is told.
     *
     * @param \stdClass $course
     * @return array
     */
    private static function course_told(\stdClass $course): array {
        global $CFG;
        $context = \context_course::instance($course->id);
        $needed = permissions::PUBLISHING;
        if (!$course->visible) {
            $needed[] = 'moodle/course:viewhiddencourses';
        }
        $sections = [];
        foreach (get_fast_modinfo($course->id)->get_section_info_all() as $section) {
            if (empty($section->component)) { // Else it is inside an activity.
                $sections[] = ['number' => (int) $section->section, 'name' => get_section_name($course->id, $section)];
            }
        }
        return [
            'id' => (int) $course->id,
            'fullname' => $course->fullname,
            'shortname' => $course->shortname,
            'category' => (string) $course->category,
            'visible' => (bool) $course->visible,
            'completionenabled' => $CFG->enablecompletion && $course->enablecompletion,
            'missing' => permissions::missing($needed, $context),
            'sections' => $sections,
        ];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object([
            'courses' => self::objects([
                'id' => self::int('The course'),
                'fullname' => self::text('Its name'),
                'shortname' => self::text('Its short name'),
                'category' => self::text('The name of its category'),
                'visible' => self::bool('Whether learners see it'),
                'completionenabled' => self::bool('Whether it has completion'),
                'missing' => new \core_external\external_multiple_structure(
                    self::text('A capability that the account lacks there')),
                'sections' => self::objects([
                    'number' => self::int('The number of a section'),
                    'name' => self::text('Its name'),
                ]),
            ]),
            'more' => self::bool('Whether there are more'),
        ]);
    }
}
