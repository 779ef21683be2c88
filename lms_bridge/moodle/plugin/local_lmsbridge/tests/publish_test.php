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
 * Publishing.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/lmsbridge_testcase.php');

/**
 * A module becomes an activity, and an update touches nobody's attempts.
 *
 * @covers \local_lmsbridge\publisher
 * @covers \local_lmsbridge\package
 */
final class publish_test extends lmsbridge_testcase {
    public function test_a_module_becomes_an_activity_that_completes_by_passing(): void {
        global $DB;
        $answer = $this->publish(['section' => 2]);
        $this->assertTrue($answer['created']);
        $cm = get_fast_modinfo($this->course)->get_cm($answer['cmid']);
        $this->assertSame('scorm', $cm->modname);
        $this->assertSame('lmsbridge:' . self::MODULE, $cm->idnumber);
        $this->assertEquals(2, $cm->sectionnum);
        $this->assertEquals(COMPLETION_TRACKING_AUTOMATIC, $cm->completion);
        $scorm = $DB->get_record('scorm', ['id' => $answer['instanceid']]);
        $this->assertSame('SCORM_1.2', $scorm->version);
        $this->assertEquals(2, $scorm->completionstatusrequired);
        $this->assertEquals(0, $scorm->maxattempt);
        $this->assertEquals(0, $scorm->masteryoverride);
        $this->assertEquals([SCORM_TYPE_LOCAL, SCORM_UPDATE_NEVER], [$scorm->scormtype, $scorm->updatefreq]);
        $config = get_config('scorm');
        $this->assertEquals([$config->framewidth, $config->frameheight], [$scorm->width, $scorm->height]);
        $this->assertGreaterThan(0, $scorm->launch);
        $this->assertStringContainsString('For all who give medicines.', $scorm->intro);
        $this->assertEmpty(get_file_storage()->get_area_files(\context_user::instance($this->account->id)->id, 'user', 'draft',
            false, 'id', false));
    }

    public function test_an_update_replaces_the_content_and_keeps_attempts_dates_grades_and_completions(): void {
        global $DB;
        $answer = $this->publish();
        $emma = $this->learner();
        $gro = $this->learner();
        $this->pass($answer, $emma);
        $this->track($answer, $gro, ['cmi.core.lesson_status' => 'incomplete', 'cmi.core.lesson_location' => 'page-3']);
        $past = time() - WEEKSECS;
        $DB->set_field('course_modules_completion', 'timemodified', $past);
        self::backdate($past);
        $before = $this->kept();

        $again = $this->publish(['draftitemid' => $this->upload('Second'), 'revision' => 2, 'name' => 'Medicines 2',
            'completion' => 'either', 'section' => 2]);

        $this->assertFalse($again['created']);
        $this->assertSame($answer['cmid'], $again['cmid']);
        $this->assertSame(1, $again['attempts']);
        $this->assertSame($before, $this->kept());
        $page = get_file_storage()->get_file(\context_module::instance($answer['cmid'])->id, 'mod_scorm', 'content', 0, '/',
            'index.html');
        $this->assertSame('<p>Second</p>', $page->get_content());
        $scorm = $DB->get_record('scorm', ['id' => $answer['instanceid']]);
        $this->assertSame('Medicines 2', $scorm->name);
        $this->assertSame('Medicines 2', \grade_item::fetch(['itemmodule' => 'scorm', 'iteminstance' => $scorm->id])->itemname);
        $this->assertSame('Medicines 2', get_fast_modinfo($this->course)->get_cm($answer['cmid'])->name);
        $this->assertEquals(2, $scorm->completionstatusrequired, 'The rule stays when someone has completed by it.');
    }

    /**
     * All that an update must not touch.
     *
     * @return string
     */
    private function kept(): string {
        global $DB;
        return json_encode([
            self::tracked(),
            $DB->get_records('course_modules_completion', null, 'id'),
            $DB->get_records('scorm_scoes', ['scormtype' => 'sco'], 'id', 'id, identifier'),
            $DB->get_records_select('grade_grades', 'finalgrade IS NOT NULL', null, 'id', 'id, userid, finalgrade'),
            $DB->get_records('course_modules', null, 'id', 'id, section, completion'),
        ]);
    }

    public function test_the_rule_follows_while_nobody_has_completed(): void {
        global $DB;
        $answer = $this->publish();
        $this->publish(['completion' => 'completed']);
        $this->assertEquals(4, $DB->get_field('scorm', 'completionstatusrequired', ['id' => $answer['instanceid']]));
    }

    public function test_publishing_again_makes_no_second_activity_wherever_it_was_moved_to(): void {
        global $DB;
        $answer = $this->publish();
        $sections = get_fast_modinfo($this->course)->get_section_info_all();
        moveto_module(get_coursemodule_from_id('scorm', $answer['cmid']), $sections[2]);
        $again = $this->publish(['revision' => 2]);
        $this->assertSame($answer['cmid'], $again['cmid']);
        $this->assertSame(1, $DB->count_records('scorm'));
        $this->assertEquals($sections[2]->id, $DB->get_field('course_modules', 'section', ['id' => $answer['cmid']]));
    }

    public function test_an_activity_that_came_with_a_restored_course_is_updated(): void {
        global $DB;
        $answer = $this->publish();
        $DB->delete_records('local_lmsbridge_module');
        $this->assertSame($answer['cmid'], $this->publish()['cmid']);
    }

    public function test_a_deleted_activity_is_made_anew(): void {
        $answer = $this->publish();
        $this->setAdminUser();
        course_delete_module($answer['cmid']);
        $again = $this->publish();
        $this->assertTrue($again['created']);
        $this->assertNotSame($answer['cmid'], $again['cmid']);
    }

    /**
     * Packages that cannot be used.
     *
     * @return array
     */
    public static function bad_packages(): array {
        return [
            'no zip' => ['this is no zip'],
            'no manifest' => [self::zip(['index.html' => 'x'])],
            'a manifest in a folder' => [self::zip(['folder/imsmanifest.xml' => self::manifest()])],
            'a manifest that is no XML' => [self::zip(['imsmanifest.xml' => '<manifest'])],
            'a manifest of nothing' => [self::zip(['imsmanifest.xml' => '<manifest><organizations/></manifest>'])],
        ];
    }

    /**
     * A zip.
     *
     * @param string[] $files
     * @return string
     */
    private static function zip(array $files): string {
        $path = tempnam(sys_get_temp_dir(), 'zip');
        $archive = new \ZipArchive();
        $archive->open($path, \ZipArchive::OVERWRITE);
        foreach ($files as $name => $text) {
            $archive->addFromString($name, trim($text));
        }
        $archive->close();
        $content = file_get_contents($path);
        unlink($path);
        return $content;
    }

    /**
     * A bad package changes nothing.
     *
     * @dataProvider bad_packages
     * @param string $content
     */
    public function test_a_package_that_cannot_be_used_is_refused_and_changes_nothing(string $content): void {
        global $DB;
        $this->refused('invalidpackage', fn() => $this->publish(['draftitemid' => $this->upload_file($content)]));
        $this->assertSame(0, $DB->count_records('scorm'));
        $answer = $this->publish();
        $hash = $DB->get_field('scorm', 'sha1hash', ['id' => $answer['instanceid']]);
        $this->refused('invalidpackage', fn() => $this->publish(['draftitemid' => $this->upload_file($content), 'revision' => 2]));
        $this->assertSame($hash, $DB->get_field('scorm', 'sha1hash', ['id' => $answer['instanceid']]));
        $this->assertEquals(1, $DB->get_field('local_lmsbridge_module', 'revision', ['cmid' => $answer['cmid']]));
    }

    public function test_an_empty_draft_area_is_refused(): void {
        $this->refused('invalidpackage', fn() => $this->publish(['draftitemid' => 4711]));
    }

    public function test_a_package_without_the_part_that_learners_have_begun_is_refused(): void {
        $answer = $this->publish();
        $this->pass($answer, $this->learner());
        $tracks = self::tracked();
        $other = $this->upload('Other', self::manifest('ITEM-2'));
        $this->assertStringContainsString('ITEM-1',
            $this->refused('invalidpackage', fn() => $this->publish(['draftitemid' => $other])));
        $this->assertEquals($tracks, self::tracked());
    }

    public function test_a_section_that_is_not_there_is_refused(): void {
        $this->refused('nosection', fn() => $this->publish(['section' => 40]));
    }

    public function test_a_course_that_is_not_there_is_refused(): void {
        $this->refused('nocourse', fn() => $this->publish(['courseid' => 4711]));
    }

    /**
     * Capabilities that publishing needs.
     *
     * @return array
     */
    public static function needed(): array {
        return array_map(fn($name) => [$name], array_combine(permissions::PUBLISHING, permissions::PUBLISHING));
    }

    /**
     * What is missing is named.
     *
     * @dataProvider needed
     * @param string $capability
     */
    public function test_what_the_account_lacks_is_named(string $capability): void {
        global $DB;
        $roleid = $DB->get_field('role', 'id', ['shortname' => account::NAME]);
        assign_capability($capability, CAP_PREVENT, $roleid, \context_course::instance($this->course->id)->id);
        $this->assertStringContainsString($capability, $this->refused('notallowed', fn() => $this->publish()));
        $courses = external\list_courses::execute()['courses'];
        $this->assertSame([$capability], $courses[0]['missing']);
    }

    public function test_a_hidden_course_needs_the_capability_to_see_it(): void {
        global $DB;
        course_change_visibility($this->course->id, false);
        $this->assertTrue($this->publish()['created']);
        $roleid = $DB->get_field('role', 'id', ['shortname' => account::NAME]);
        unassign_capability('moodle/course:viewhiddencourses', $roleid);
        $this->assertStringContainsString('moodle/course:viewhiddencourses',
            $this->refused('notallowed', fn() => $this->publish()));
    }

    public function test_a_script_in_the_description_is_left_out(): void {
        global $DB;
        $answer = $this->publish(['intro' => '<p onclick="steal()">Hello</p><script>steal()</script>']);
        $this->assertSame('<p>Hello</p>', $DB->get_field('scorm', 'intro', ['id' => $answer['instanceid']]));
    }

    public function test_an_activity_is_hidden(): void {
        $answer = $this->publish();
        $this->pass($answer, $this->learner());
        $told = external\unpublish::execute($answer['cmid'], 'hide');
        $this->assertSame('hidden', $told['state']);
        $this->assertFalse((bool) get_fast_modinfo($this->course)->get_cm($answer['cmid'])->visible);
        $this->assertFalse(external\list_activities::execute()['activities'][0]['visible']);
    }

    public function test_an_activity_is_deleted_only_where_nobody_has_begun(): void {
        $answer = $this->publish();
        $this->track($answer, $this->learner(), ['cmi.core.lesson_status' => 'incomplete']);
        $this->refused('hasattempts', fn() => external\unpublish::execute($answer['cmid'], 'delete'));
        $other = $this->publish(['identity' => '00000000-0000-4000-8000-000000000002']);
        $this->assertSame('deleted', external\unpublish::execute($other['cmid'], 'delete')['state']);
        $this->assertSame('gone', external\unpublish::execute($other['cmid'], 'delete')['state']);
        $this->assertCount(1, external\list_activities::execute()['activities']);
    }

    public function test_what_others_have_made_is_left_alone(): void {
        $page = $this->getDataGenerator()->create_module('page', ['course' => $this->course->id]);
        $this->refused('notours', fn() => external\unpublish::execute($page->cmid, 'delete'));
    }

    public function test_what_is_published_is_listed_with_its_learners(): void {
        $answer = $this->publish(['revision' => 7]);
        $this->pass($answer, $this->learner());
        $this->track($answer, $this->learner(), ['cmi.core.lesson_status' => 'incomplete']);
        [$activity] = external\list_activities::clean_returnvalue(external\list_activities::execute_returns(),
            external\list_activities::execute())['activities'];
        $this->assertSame([7, 2, 1, self::MODULE, 'Medicines'], [$activity['revision'], $activity['learners'],
            $activity['completed'], $activity['identity'], $activity['coursename']]);
    }

    public function test_an_author_is_shown_only_own_courses(): void {
        $this->getDataGenerator()->create_course(['fullname' => 'Fire']);
        $astrid = $this->getDataGenerator()->create_user(['email' => 'Astrid@fjordvik.example']);
        $this->getDataGenerator()->enrol_user($astrid->id, $this->course->id, 'editingteacher');
        $names = fn(...$how) => array_column(external\list_courses::execute(...$how)['courses'], 'fullname');
        $this->assertSame(['Fire', 'Medicines'], $names());
        $this->assertSame(['Medicines'], $names('', 'astrid@fjordvik.example'));
        $this->assertSame(['Fire'], $names('fIr'));
        $this->assertSame([], $names('', 'nobody@fjordvik.example'));
        $this->assertSame([], $names('100%'));
        $page = external\list_courses::execute('', '', 1, 1);
        $this->assertSame(['Medicines'], array_column($page['courses'], 'fullname'));
        $this->assertFalse($page['more']);
        $this->assertCount(3, $page['courses'][0]['sections']);
    }
}
