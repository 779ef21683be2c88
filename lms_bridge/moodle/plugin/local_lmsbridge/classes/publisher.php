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
 * Publishing a module as a SCORM activity.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/course/lib.php');
require_once($CFG->dirroot . '/course/modlib.php');
require_once($CFG->dirroot . '/mod/scorm/lib.php');
require_once($CFG->dirroot . '/mod/scorm/locallib.php');
require_once($CFG->libdir . '/completionlib.php');

/**
 * Creates an activity, or replaces its content in place: attempts, dates and completions stay as they are.
 */
class publisher {
    /** @var int[] what SCORM's completion demands, by the name of the rule */
    const RULES = ['passed' => 2, 'completed' => 4, 'either' => 6];

    /** @var int seconds to wait while the same module is published to the same course */
    const PATIENCE = 30;

    /**
     * Publishes, whether it is there already or not.
     *
     * @param \stdClass $course
     * @param \stdClass $wanted section, identity, name, intro, draftitemid, revision, completion, visible
     * @return array [course module id, instance id, whether it was created]
     */
    public static function publish(\stdClass $course, \stdClass $wanted): array {
        $key = 'publish_' . $course->id . '_' . sha1($wanted->identity);
        $lock = \core\lock\lock_config::get_lock_factory('local_lmsbridge')->get_lock($key, self::PATIENCE);
        if (!$lock) {
            throw new \moodle_exception('busy', 'local_lmsbridge');
        }
        try {
            $package = package::from_draft($wanted->draftitemid);
            $cm = modules::find($course->id, $wanted->identity);
            if ($cm) {
                $package->demand_parts($cm->instance);
                self::update($course, $cm, $wanted);
            } else {
                $cm = self::create($course, $wanted);
            }
            modules::published($course->id, $wanted->identity, $cm->id, $wanted->revision);
            $package->delete();
            return [(int) $cm->id, (int) $cm->instance, !empty($cm->created)];
        } finally {
            $lock->release();
        }
    }

    /**
     * Creates the activity.
     *
     * @param \stdClass $course
     * @param \stdClass $wanted
     * @return \stdClass id, instance and created
     */
    private static function create(\stdClass $course, \stdClass $wanted): \stdClass {
        global $DB;
        self::demand_section($course, $wanted->section);
        [, , , , $data] = prepare_new_moduleinfo_data($course, 'scorm', $wanted->section);
        foreach (self::defaults() as $name => $value) {
            $data->$name = $value;
        }
        $data->name = \core_text::substr($wanted->name, 0, 255);
        $data->scormtype = SCORM_TYPE_LOCAL;
        $data->packagefile = $wanted->draftitemid;
        $data->updatefreq = SCORM_UPDATE_NEVER;
        $data->cmidnumber = modules::PREFIX . $wanted->identity;
        $data->visible = (int) $wanted->visible;
        $data->visibleoncoursepage = 1;
        $data->introeditor = ['text' => clean_text($wanted->intro, FORMAT_HTML), 'format' => FORMAT_HTML,
            'itemid' => file_get_unused_draft_itemid()];
        $info = new \completion_info($course);
        $data->completion = $info->is_enabled() ? COMPLETION_TRACKING_AUTOMATIC : COMPLETION_TRACKING_NONE;
        $data->completionstatusrequired = self::RULES[$wanted->completion];
        $data->completionview = $data->completionexpected = $data->completionpassgrade = 0;
        $data->completiongradeitemnumber = null;
        unset($data->completionusegrade, $data->completionscorerequired);
        $created = create_module($data);
        $version = $DB->get_field('scorm', 'version', ['id' => $created->instance]);
        if ($version === 'ERROR') {
            course_delete_module($created->coursemodule);
            throw new \moodle_exception('invalidpackage', 'local_lmsbridge', '', get_string('nomanifest', 'scorm'));
        }
        return (object) ['id' => $created->coursemodule, 'instance' => $created->instance, 'created' => true];
    }

    /**
     * Replaces the content of the activity, by the steps of Moodle's own form but two: completion is never unlocked, which
     * would wipe the completions and make them anew with other dates, and grades are not made anew, which took 100 seconds
     * for 5,000 learners and gave a 0 to those who are in the middle.
     *
     * The completion rule changes only while nobody has completed.
     *
     * @param \stdClass $course
     * @param \stdClass $cm
     * @param \stdClass $wanted
     */
    private static function update(\stdClass $course, \stdClass $cm, \stdClass $wanted): void {
        global $DB;
        $scorm = $DB->get_record('scorm', ['id' => $cm->instance], '*', MUST_EXIST);
        $scorm->name = \core_text::substr($wanted->name, 0, 255);
        if ($wanted->intro !== '') {
            $scorm->intro = clean_text($wanted->intro, FORMAT_HTML);
            $scorm->introformat = FORMAT_HTML;
        }
        if (!$DB->record_exists_select('course_modules_completion', 'coursemoduleid = ? AND completionstate <> 0', [$cm->id])) {
            $scorm->completionstatusrequired = self::RULES[$wanted->completion];
        }
        $scorm->scormtype = SCORM_TYPE_LOCAL;
        $scorm->updatefreq = SCORM_UPDATE_NEVER;
        $scorm->masteryoverride = 0;
        $scorm->timemodified = time();
        $scorm->reference = package::store($wanted->draftitemid, \context_module::instance($cm->id));
        $DB->update_record('scorm', $scorm);
        $scorm->cmid = $cm->id;
        $scorm->cmidnumber = modules::PREFIX . $wanted->identity;
        scorm_parse($scorm, false);
        scorm_grade_item_update($scorm);
        scorm_update_calendar($scorm, $cm->id);
        set_coursemodule_idnumber($cm->id, $scorm->cmidnumber);
        set_coursemodule_visible($cm->id, (int) $wanted->visible);
        \core\event\course_module_updated::create_from_cm(get_coursemodule_from_id('scorm', $cm->id))->trigger();
        rebuild_course_cache($course->id, true);
    }

    /**
     * The site's own defaults for SCORM, and what our modules need: as many attempts as one likes, a new one when the last has
     * ended (so that who takes the module again next year is seen), no table of contents around the only part, and no verdict of
     * Moodle's own: who is in the middle of an earlier version is judged by that version, whose pass mark Moodle does not know.
     *
     * @return array
     */
    private static function defaults(): array {
        $config = get_config('scorm');
        $defaults = ['width' => $config->framewidth, 'height' => $config->frameheight, 'timeopen' => 0, 'timeclose' => 0,
            'completionstatusallscos' => 0];
        foreach (['popup', 'displayattemptstatus', 'displaycoursestructure', 'navpositionleft', 'navpositiontop', 'grademethod',
                'maxgrade', 'whatgrade', 'forcecompleted', 'lastattemptlock', 'autocommit', 'auto'] as $name) {
            $defaults[$name] = $config->$name ?? 0;
        }
        return [
            'maxattempt' => 0,
            'masteryoverride' => 0,
            'forcenewattempt' => SCORM_FORCEATTEMPT_ONCOMPLETE,
            'hidetoc' => SCORM_TOC_DISABLED,
            'nav' => SCORM_NAV_DISABLED,
            'skipview' => SCORM_SKIPVIEW_ALWAYS,
            'hidebrowse' => 1,
        ] + $defaults;
    }

    /**
     * Refuses a section that is not there, rather than making all up to it.
     *
     * @param \stdClass $course
     * @param int $section
     */
    private static function demand_section(\stdClass $course, int $section): void {
        global $DB;
        if (!$DB->record_exists('course_sections', ['course' => $course->id, 'section' => $section])) {
            throw new \moodle_exception('nosection', 'local_lmsbridge', '', $section);
        }
    }

    /**
     * Takes an activity away from learners.
     *
     * @param \stdClass $cm
     * @param string $how hide or delete
     * @return string hidden or deleted
     */
    public static function unpublish(\stdClass $cm, string $how): string {
        if ($how === 'hide') {
            set_coursemodule_visible($cm->id, 0);
            $cm = get_coursemodule_from_id('scorm', $cm->id, 0, false, MUST_EXIST);
            \core\event\course_module_updated::create_from_cm($cm)->trigger();
            return 'hidden';
        }
        if (attempts::exist($cm->instance)) {
            throw new \moodle_exception('hasattempts', 'local_lmsbridge');
        }
        course_delete_module($cm->id);
        return 'deleted';
    }
}
