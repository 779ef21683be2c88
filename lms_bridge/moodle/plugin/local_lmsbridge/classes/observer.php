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
 * Notes that something changed; the resolver finds out what.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * Observers of events. They cost a learner's request one insert: what the change means is found out later, in bulk.
 */
class observer {
    /**
     * An activity was completed, or its completion was taken back.
     *
     * Opening an activity for the first time is such an event too, with the state "incomplete". So a completion counts as
     * taken back only if another person did it, or if the learner ticks it off by hand. And a completion that was there
     * before counts as a new one only if the learner made it: unlocking the completion of an activity makes all of them
     * anew, with new dates, and nobody has learned anything by that.
     *
     * @param \core\event\course_module_completion_updated $event
     */
    public static function activity_completion(\core\event\course_module_completion_updated $event): void {
        global $DB;
        $self = $event->userid == $event->relateduserid;
        $reason = $self ? resolver::RENEWS : 0;
        if (empty($event->other['completionstate'])) {
            $byhand = $DB->get_field('course_modules', 'completion', ['id' => $event->contextinstanceid])
                == COMPLETION_TRACKING_MANUAL;
            if ($self && !$byhand) {
                return;
            }
            $reason |= resolver::TAKES_BACK;
        }
        resolver::touch('activity', $event->contextinstanceid, $event->relateduserid, 0, $reason);
    }

    /**
     * A course was completed.
     *
     * @param \core\event\course_completed $event
     */
    public static function course_completed(\core\event\course_completed $event): void {
        resolver::touch('course', $event->courseid, $event->relateduserid, 0, resolver::RENEWS);
    }

    /**
     * A learner's grade in an activity changed. SCORM's scores are read from its attempts instead.
     *
     * @param \core\event\user_graded $event
     */
    public static function graded(\core\event\user_graded $event): void {
        $item = $event->get_grade()->load_grade_item();
        if ($item->itemtype !== 'mod' || $item->itemnumber != 0 || $item->itemmodule === 'scorm') {
            return;
        }
        $cm = get_coursemodule_from_instance($item->itemmodule, $item->iteminstance, $item->courseid);
        if ($cm && $cm->completion != COMPLETION_TRACKING_NONE) {
            resolver::touch('activity', $cm->id, $event->relateduserid, 0, 0);
        }
    }

    /**
     * A status or a score of a SCORM attempt changed.
     *
     * @param \core\event\base $event
     */
    public static function attempt_changed(\core\event\base $event): void {
        $userid = $event->relateduserid ?: $event->userid;
        resolver::touch('activity', $event->contextinstanceid, $userid, resolver::EVERY_ATTEMPT, resolver::RENEWS);
    }

    /**
     * A teacher deleted a learner's SCORM attempt.
     *
     * @param \mod_scorm\event\attempt_deleted $event
     */
    public static function attempt_deleted(\mod_scorm\event\attempt_deleted $event): void {
        resolver::touch('activity', $event->contextinstanceid, $event->relateduserid, (int) $event->other['attemptid'],
            resolver::TAKES_BACK);
    }

    /**
     * An activity was deleted. What was learned stays learned: only that it is published is forgotten.
     *
     * @param \core\event\course_module_deleted $event
     */
    public static function module_deleted(\core\event\course_module_deleted $event): void {
        global $DB;
        $DB->delete_records('local_lmsbridge_module', ['cmid' => $event->objectid]);
    }

    /**
     * A course was deleted, and all that was published in it.
     *
     * @param \core\event\course_deleted $event
     */
    public static function course_deleted(\core\event\course_deleted $event): void {
        global $DB;
        $DB->delete_records('local_lmsbridge_module', ['courseid' => $event->objectid]);
    }

    /**
     * A person was deleted. Moodle garbles the account's names; results that were not yet fetched keep whose they were until
     * the clean-up removes them.
     *
     * @param \core\event\user_deleted $event
     */
    public static function user_deleted(\core\event\user_deleted $event): void {
        global $DB;
        resolver::run();
        $user = $event->get_record_snapshot('user', $event->objectid);
        $person = json_encode([
            'username' => $event->other['username'],
            'idnumber' => $event->other['idnumber'],
            'email' => $event->other['email'],
            'fullname' => fullname($user),
        ]);
        $DB->set_field('local_lmsbridge_outbox', 'person', $person, ['userid' => $event->objectid]);
    }
}
