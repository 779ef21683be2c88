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
 * Web service local_lmsbridge_publish.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\attempts;
use local_lmsbridge\permissions;
use local_lmsbridge\publisher;

/**
 * Creates a SCORM activity from an uploaded package, or replaces its content. The same call again changes nothing.
 */
class publish extends base {
    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters([
            'courseid' => self::int('The course'),
            'section' => self::int('The number of the section, for a new activity'),
            'identity' => self::value(PARAM_ALPHANUMEXT, 'The identity of the module (UUID)'),
            'name' => self::value(PARAM_TEXT, 'The name'),
            'intro' => self::text('The description (HTML); empty leaves what is there', ''),
            'draftitemid' => self::int('The draft area that the package was uploaded to'),
            'revision' => self::int('The version of the module'),
            'completion' => self::value(PARAM_ALPHA, 'What completes it: passed, completed or either', 'either'),
            'visible' => self::bool('Whether learners see it', true),
        ]);
    }

    /**
     * Publishes.
     *
     * @param int $courseid
     * @param int $section
     * @param string $identity
     * @param string $name
     * @param string $intro
     * @param int $draftitemid
     * @param int $revision
     * @param string $completion
     * @param bool $visible
     * @return array
     */
    public static function execute(int $courseid, int $section, string $identity, string $name, string $intro, int $draftitemid,
            int $revision, string $completion = 'either', bool $visible = true): array {
        $params = self::begin(['courseid' => $courseid, 'section' => $section, 'identity' => $identity, 'name' => $name,
            'intro' => $intro, 'draftitemid' => $draftitemid, 'revision' => $revision, 'completion' => $completion,
            'visible' => $visible]);
        $course = self::course($params['courseid'], permissions::PUBLISHING);
        if (!isset(publisher::RULES[$params['completion']]) || $params['identity'] === '' || trim($params['name']) === '') {
            throw new \invalid_parameter_exception('completion: passed, completed or either; identity and name: not empty');
        }
        [$cmid, $instanceid, $created] = publisher::publish($course, (object) $params);
        return [
            'cmid' => $cmid,
            'instanceid' => $instanceid,
            'created' => $created,
            'revision' => $params['revision'],
            'url' => (new \moodle_url('/mod/scorm/view.php', ['id' => $cmid]))->out(false),
            'attempts' => attempts::in_progress($instanceid),
            'courseid' => (int) $course->id,
        ];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object([
            'cmid' => self::int('The activity'),
            'instanceid' => self::int('Its SCORM instance'),
            'created' => self::bool('Whether it is new'),
            'revision' => self::int('The version that is published now'),
            'url' => self::text('Where learners open it'),
            'attempts' => self::int('Attempts that have begun and not ended'),
            'courseid' => self::int('The course'),
        ]);
    }
}
