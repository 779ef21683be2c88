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
 * What the tests of the plugin have in common.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/mod/scorm/locallib.php');
require_once($CFG->libdir . '/completionlib.php');

/**
 * A course, its learners, the account of lms-bridge, and packages.
 */
abstract class lmsbridge_testcase extends \advanced_testcase {
    /** @var string the identity of the module that is published */
    const MODULE = '4f1c2a5e-8d0b-4a52-9a37-0d9f6f3a1b77';

    /** @var \stdClass the course */
    protected $course;

    /** @var \stdClass the account */
    protected $account;

    /**
     * Makes the course and the account, and signs the account in.
     */
    protected function setUp(): void {
        global $DB;
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback(); // Observers are called after the commit, so there must be one.
        $this->setAdminUser();
        set_config('enablecompletion', 1);
        account::set_up();
        $this->account = $DB->get_record('user', ['username' => account::NAME], '*', MUST_EXIST);
        $this->course = $this->getDataGenerator()->create_course(['enablecompletion' => 1, 'numsections' => 2,
            'fullname' => 'Medicines'], ['createsections' => true]);
        $this->setUser($this->account);
    }

    /**
     * A learner in the course.
     *
     * @param array $fields
     * @return \stdClass
     */
    protected function learner(array $fields = []): \stdClass {
        return $this->getDataGenerator()->create_and_enrol($this->course, 'student', (object) $fields);
    }

    /**
     * The manifest of a package.
     *
     * @param string $part the identifier of its only part
     * @return string
     */
    protected static function manifest(string $part = 'ITEM-1'): string {
        return <<<XML
            <?xml version="1.0" encoding="UTF-8"?>
            <manifest identifier="M" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
                xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
              <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
              <organizations default="ORG-1">
                <organization identifier="ORG-1"><title>Medicines</title>
                  <item identifier="{$part}" identifierref="RES-1"><title>Medicines</title></item>
                </organization>
              </organizations>
              <resources>
                <resource identifier="RES-1" type="webcontent" adlcp:scormtype="sco" href="index.html">
                  <file href="index.html"/>
                </resource>
              </resources>
            </manifest>
            XML;
    }

    /**
     * Uploads a package to the account's draft area.
     *
     * @param string $page what learners see
     * @param string|null $manifest
     * @return int the draft item
     */
    protected function upload(string $page = 'First', ?string $manifest = null): int {
        $path = make_request_directory() . '/package.zip';
        $archive = new \ZipArchive();
        $archive->open($path, \ZipArchive::CREATE);
        $archive->addFromString('imsmanifest.xml', trim($manifest ?? self::manifest()));
        $archive->addFromString('index.html', "<p>$page</p>");
        $archive->close();
        return $this->upload_file(file_get_contents($path));
    }

    /**
     * Uploads a file to the account's draft area.
     *
     * @param string $content
     * @return int the draft item
     */
    protected function upload_file(string $content): int {
        $itemid = file_get_unused_draft_itemid();
        get_file_storage()->create_file_from_string(['contextid' => \context_user::instance($this->account->id)->id,
            'component' => 'user', 'filearea' => 'draft', 'itemid' => $itemid, 'filepath' => '/', 'filename' => 'package.zip'],
            $content);
        return $itemid;
    }

    /**
     * Publishes the module as the account.
     *
     * @param array $changed parameters that differ
     * @return array the answer
     */
    protected function publish(array $changed = []): array {
        $this->setUser($this->account);
        $params = $changed + ['courseid' => $this->course->id, 'section' => 1, 'identity' => self::MODULE, 'name' => 'Medicines',
            'intro' => '<p>For all who give medicines.</p>', 'draftitemid' => 0, 'revision' => 1, 'completion' => 'passed',
            'visible' => true];
        $params['draftitemid'] = $params['draftitemid'] ?: $this->upload();
        return external\publish::clean_returnvalue(external\publish::execute_returns(),
            external\publish::execute(...$params));
    }

    /**
     * A learner does something in an attempt at a published activity.
     *
     * @param array $activity the answer of publish
     * @param \stdClass $learner
     * @param array $tracks values by element
     * @param int $attempt
     */
    protected function track(array $activity, \stdClass $learner, array $tracks, int $attempt = 1): void {
        global $DB;
        $this->setUser($learner);
        $scoid = $DB->get_field('scorm_scoes', 'id', ['scorm' => $activity['instanceid'], 'scormtype' => 'sco']);
        foreach ($tracks + ['x.start.time' => time()] as $element => $value) {
            scorm_insert_track($learner->id, $activity['instanceid'], $scoid, $attempt, $element, $value);
        }
        $cm = get_coursemodule_from_id('scorm', $activity['cmid']);
        (new \completion_info($this->course))->update_state($cm, COMPLETION_UNKNOWN, $learner->id);
        $this->setUser($this->account);
    }

    /**
     * A learner passes.
     *
     * @param array $activity
     * @param \stdClass $learner
     * @param int $attempt
     * @param int $score percent
     */
    protected function pass(array $activity, \stdClass $learner, int $attempt = 1, int $score = 90): void {
        $this->track($activity, $learner, ['cmi.core.score.raw' => $score, 'cmi.core.lesson_status' => 'passed'], $attempt);
    }

    /**
     * The tables of attempts: what was tracked stands in the last of them. Before Moodle 4.3 there was one for all.
     *
     * @return string[]
     */
    protected static function attempt_tables(): array {
        global $DB;
        return $DB->get_manager()->table_exists('scorm_attempt') ? ['scorm_attempt', 'scorm_scoes_value'] : ['scorm_scoes_track'];
    }

    /**
     * All that was tracked happened at another time.
     *
     * @param int $when
     */
    protected static function backdate(int $when): void {
        global $DB;
        $tables = self::attempt_tables();
        $DB->set_field(end($tables), 'timemodified', $when);
    }

    /**
     * All that Moodle knows of attempts.
     *
     * @return array
     */
    protected static function tracked(): array {
        global $DB;
        return array_map(fn($table) => $DB->get_records($table, null, 'id'), self::attempt_tables());
    }

    /**
     * Results after a cursor, as lms-bridge gets them.
     *
     * @param string $cursor
     * @param int $limit
     * @return array
     */
    protected function results(string $cursor = '', int $limit = 1000): array {
        $this->setUser($this->account);
        return external\get_results::clean_returnvalue(external\get_results::execute_returns(),
            external\get_results::execute($cursor, $limit));
    }

    /**
     * Asserts that something is refused.
     *
     * @param string $errorcode
     * @param callable $what
     * @return string the message
     */
    protected function refused(string $errorcode, callable $what): string {
        try {
            $what();
        } catch (\moodle_exception $refusal) {
            $this->assertSame($errorcode, $refusal->errorcode, $refusal->getMessage());
            return $refusal->getMessage();
        }
        $this->fail("Nothing was refused, $errorcode was expected.");
    }
}
