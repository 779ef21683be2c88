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
 * What the plugin listens to. Observers are called after the commit (internal is false), so that nothing is told
 * that was rolled back.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$observers = [];
foreach ([
    '\core\event\course_module_completion_updated' => 'activity_completion',
    '\core\event\course_completed' => 'course_completed',
    '\core\event\user_graded' => 'graded',
    '\mod_scorm\event\status_submitted' => 'attempt_changed',
    '\mod_scorm\event\scoreraw_submitted' => 'attempt_changed',
    '\mod_scorm\event\attempt_deleted' => 'attempt_deleted',
    '\core\event\course_module_deleted' => 'module_deleted',
    '\core\event\course_deleted' => 'course_deleted',
    '\core\event\user_deleted' => 'user_deleted',
] as $eventname => $method) {
    $observers[] = [
        'eventname' => $eventname,
        'callback' => '\local_lmsbridge\observer::' . $method,
        'internal' => false,
    ];
}
