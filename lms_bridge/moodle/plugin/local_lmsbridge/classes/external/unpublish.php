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
 * Web service local_lmsbridge_unpublish.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\modules;
use local_lmsbridge\publisher;

/**
 * Hides an activity of ours, or deletes it where nobody has begun.
 */
class unpublish extends base {
    /**
     * Parameters.
     *
     * @return \core_external\external_function_parameters
     */
    public static function execute_parameters() {
        return self::parameters([
            'cmid' => self::int('The activity'),
            'how' => self::value(PARAM_ALPHA, 'hide or delete', 'hide'),
        ]);
    }

    /**
     * Unpublishes.
     *
     * @param int $cmid
     * @param string $how
     * @return array
     */
    public static function execute(int $cmid, string $how = 'hide'): array {
        global $DB;
        ['cmid' => $cmid, 'how' => $how] = self::begin(['cmid' => $cmid, 'how' => $how]);
        if (!in_array($how, ['hide', 'delete'])) {
            throw new \invalid_parameter_exception('how: hide or delete');
        }
        $cm = get_coursemodule_from_id('', $cmid);
        if (!$cm || $cm->deletioninprogress) {
            return ['cmid' => $cmid, 'state' => 'gone'];
        }
        $ours = $cm->modname === 'scorm'
            && ($DB->record_exists('local_lmsbridge_module', ['cmid' => $cmid]) || modules::identity($cm) !== '');
        if (!$ours) {
            throw new \moodle_exception('notours', 'local_lmsbridge');
        }
        self::course($cm->course, ['moodle/course:manageactivities', 'moodle/course:activityvisibility']);
        return ['cmid' => $cmid, 'state' => publisher::unpublish($cm, $how)];
    }

    /**
     * The answer.
     *
     * @return \core_external\external_single_structure
     */
    public static function execute_returns() {
        return self::object([
            'cmid' => self::int('The activity'),
            'state' => self::text('hidden, deleted or gone'),
        ]);
    }
}
