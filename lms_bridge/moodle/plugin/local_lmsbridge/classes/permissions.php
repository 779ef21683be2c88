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
 * What the account that lms-bridge signs in with may do.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * Capabilities, named where one is missing.
 */
class permissions {
    /** @var string[] what the account needs in all */
    const NEEDED = ['local/lmsbridge:use', 'webservice/rest:use', 'moodle/course:view', 'moodle/course:viewhiddencourses',
        'moodle/course:manageactivities', 'mod/scorm:addinstance', 'moodle/course:activityvisibility',
        'moodle/course:viewhiddenactivities', 'report/completion:view', 'moodle/site:viewuseridentity'];

    /** @var string[] what it needs in a course to publish there */
    const PUBLISHING = ['moodle/course:view', 'moodle/course:manageactivities', 'mod/scorm:addinstance',
        'moodle/course:activityvisibility'];

    /** @var string what it needs in a course to be told of its results */
    const RESULTS = 'report/completion:view';

    /**
     * Refuses, naming what is missing.
     *
     * @param string[] $capabilities
     * @param \context $context
     */
    public static function demand(array $capabilities, \context $context): void {
        $missing = self::missing($capabilities, $context);
        if ($missing) {
            throw new \moodle_exception('notallowed', 'local_lmsbridge', '', implode(', ', $missing));
        }
    }

    /**
     * What the account of this request lacks.
     *
     * @param string[] $capabilities
     * @param \context $context
     * @return string[]
     */
    public static function missing(array $capabilities, \context $context): array {
        return array_values(array_filter($capabilities, function ($capability) use ($context) {
            return !has_capability($capability, $context);
        }));
    }

    /**
     * Which of some courses an account may not see the results of. They are remembered, so that what is left out now is told
     * when the account may see it.
     *
     * @param int[] $courseids
     * @param int $userid
     * @return int[] course ids, as keys
     */
    public static function hidden_courses(array $courseids, int $userid): array {
        $hidden = [];
        foreach ($courseids as $courseid) {
            $context = \context_course::instance($courseid, IGNORE_MISSING);
            $allowed = has_capability(self::RESULTS, $context ?: \context_system::instance(), $userid);
            if (!$allowed) {
                $hidden[$courseid] = $courseid;
            }
        }
        $known = self::left_out();
        if (array_diff_key($hidden, $known)) {
            set_config('leftout', json_encode(array_values($known + $hidden)), 'local_lmsbridge');
        }
        return $hidden;
    }

    /**
     * Courses whose results were left out.
     *
     * @return int[] course ids, as keys
     */
    public static function left_out(): array {
        $ids = json_decode(get_config('local_lmsbridge', 'leftout') ?: '[]') ?: [];
        return array_combine($ids, $ids);
    }

    /**
     * Looks whether the account may now see what was left out; what it may, is told again.
     *
     * @param int $userid
     */
    public static function recheck(int $userid): void {
        $known = self::left_out();
        if (!$known) {
            return;
        }
        $hidden = self::hidden_courses($known, $userid);
        $opened = array_diff_key($known, $hidden);
        if ($opened) {
            set_config('leftout', json_encode(array_values($hidden)), 'local_lmsbridge');
            array_map([outbox::class, 'tell_again'], $opened);
        }
    }

    /**
     * The courses that are left out, as they are told.
     *
     * @return array[]
     */
    public static function omitted(): array {
        global $DB;
        $known = self::left_out();
        if (!$known) {
            return [];
        }
        $omitted = [];
        foreach ($DB->get_records_list('course', 'id', $known, 'id', 'id, fullname') as $course) {
            $omitted[] = ['courseid' => (int) $course->id, 'coursename' => $course->fullname, 'capability' => self::RESULTS];
        }
        return $omitted;
    }
}
