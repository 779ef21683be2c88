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
 * The web services and the service that holds them.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$functions = [
    'local_lmsbridge_get_site' => [
        'classname' => 'local_lmsbridge\external\get_site',
        'description' => 'What this Moodle is, what the account may do and how the push is.',
        'type' => 'read',
        'capabilities' => 'local/lmsbridge:use, webservice/rest:use',
    ],
    'local_lmsbridge_list_courses' => [
        'classname' => 'local_lmsbridge\external\list_courses',
        'description' => 'Courses and their sections, and what the account lacks in each.',
        'type' => 'read',
        'capabilities' => 'local/lmsbridge:use, moodle/course:view',
    ],
    'local_lmsbridge_publish' => [
        'classname' => 'local_lmsbridge\external\publish',
        'description' => 'Create a SCORM activity from an uploaded package, or replace its content, keeping everyone\'s attempts.',
        'type' => 'write',
        'capabilities' => 'local/lmsbridge:use, moodle/course:manageactivities, mod/scorm:addinstance',
    ],
    'local_lmsbridge_list_activities' => [
        'classname' => 'local_lmsbridge\external\list_activities',
        'description' => 'The activities that lms-bridge has published.',
        'type' => 'read',
        'capabilities' => 'local/lmsbridge:use, moodle/course:view',
    ],
    'local_lmsbridge_unpublish' => [
        'classname' => 'local_lmsbridge\external\unpublish',
        'description' => 'Hide an activity, or delete it where nobody has begun.',
        'type' => 'write',
        'capabilities' => 'local/lmsbridge:use, moodle/course:manageactivities',
    ],
    'local_lmsbridge_get_results' => [
        'classname' => 'local_lmsbridge\external\get_results',
        'description' => 'Results after a cursor: completions, attempts and grades.',
        'type' => 'write',
        'capabilities' => 'local/lmsbridge:use, report/completion:view, moodle/site:viewuseridentity',
    ],
    'local_lmsbridge_get_roster' => [
        'classname' => 'local_lmsbridge\external\get_roster',
        'description' => 'The people of this Moodle.',
        'type' => 'read',
        'capabilities' => 'local/lmsbridge:use, moodle/site:viewuseridentity',
    ],
    'local_lmsbridge_set_push' => [
        'classname' => 'local_lmsbridge\external\set_push',
        'description' => 'Where results are pushed to.',
        'type' => 'write',
        'capabilities' => 'local/lmsbridge:use',
    ],
    'local_lmsbridge_test_push' => [
        'classname' => 'local_lmsbridge\external\test_push',
        'description' => 'Push an empty batch and tell how it went.',
        'type' => 'write',
        'capabilities' => 'local/lmsbridge:use',
    ],
];

$services = [
    'lms-bridge' => [
        'shortname' => 'lmsbridge',
        'functions' => array_merge(array_keys($functions), ['core_webservice_get_site_info']),
        'requiredcapability' => 'local/lmsbridge:use',
        'restrictedusers' => 0,
        'enabled' => 1,
        'uploadfiles' => 1,
        'downloadfiles' => 0,
    ],
];
