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
 * Results.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/lmsbridge_testcase.php');

/**
 * What learners do is told once, with when it happened, and nothing is told that was not done.
 *
 * @covers \local_lmsbridge\resolver
 * @covers \local_lmsbridge\activities
 * @covers \local_lmsbridge\attempts
 * @covers \local_lmsbridge\outbox
 */
final class results_test extends lmsbridge_testcase {
    /**
     * The states in an answer.
     *
     * @param array $answer
     * @return array [attempt, state, score] of each row
     */
    private static function states(array $answer): array {
        return array_map(fn($row) => [$row['attempt'], $row['state'], $row['score']], $answer['rows']);
    }

    public function test_a_pass_is_told_with_all_that_is_known_of_it(): void {
        $activity = $this->publish(['revision' => 3]);
        $emma = $this->learner(['firstname' => 'Emma', 'lastname' => 'Employee', 'idnumber' => 'F1001',
            'email' => 'emma@fjordvik.example', 'username' => 'emma']);
        $began = time();
        $this->pass($activity, $emma, 1, 85);
        $answer = $this->results();
        $this->assertCount(1, $answer['rows']);
        $row = $answer['rows'][0];
        $this->assertSame([(string) $row['id'], false, 0, []],
            [$answer['cursor'], $answer['more'], $answer['remaining'], $answer['omitted']]);
        $this->assertEqualsWithDelta($began, $row['occurred'], 5);
        unset($row['id'], $row['occurred'], $row['changed']);
        $this->assertSame([
            'kind' => 'activity', 'cmid' => $activity['cmid'], 'courseid' => (int) $this->course->id, 'modname' => 'scorm',
            'name' => 'Medicines', 'identity' => self::MODULE, 'idnumber' => 'lmsbridge:' . self::MODULE,
            'userid' => (int) $emma->id, 'username' => 'emma', 'useridnumber' => 'F1001', 'fullname' => 'Emma Employee',
            'email' => 'emma@fjordvik.example', 'attempt' => 1, 'state' => 'passed', 'score' => 0.85, 'revision' => 3,
        ], $row);
        $this->assertSame([], $this->results($answer['cursor'])['rows']);
    }

    public function test_a_first_failed_attempt_is_told_though_moodle_makes_no_completion_of_it(): void {
        $activity = $this->publish();
        $this->track($activity, $this->learner(), ['cmi.core.score.raw' => 40, 'cmi.core.lesson_status' => 'failed']);
        $this->assertSame([[1, 'failed', 0.4]], self::states($this->results()));
    }

    public function test_completed_without_a_score(): void {
        $activity = $this->publish(['completion' => 'completed']);
        $this->track($activity, $this->learner(), ['cmi.core.lesson_status' => 'completed']);
        $this->assertSame([[1, 'completed', -1.0]], self::states($this->results()));
    }

    public function test_scorm_2004_has_its_own_words(): void {
        $activity = $this->publish();
        $this->track($activity, $this->learner(), ['cmi.completion_status' => 'completed', 'cmi.success_status' => 'failed',
            'cmi.score.scaled' => '0.25', 'cmi.score.raw' => '25']);
        $this->track($activity, $this->learner(), ['cmi.score.raw' => '15', 'cmi.score.min' => '10', 'cmi.score.max' => '20',
            'cmi.completion_status' => 'completed', 'cmi.success_status' => 'passed']);
        $this->assertSame([[1, 'failed', 0.25], [1, 'passed', 0.5]], self::states($this->results()));
    }

    public function test_an_attempt_in_progress_is_not_told(): void {
        $activity = $this->publish();
        $this->track($activity, $this->learner(), ['cmi.core.lesson_status' => 'incomplete', 'cmi.core.score.raw' => 20]);
        $this->assertSame([], $this->results()['rows']);
    }

    public function test_who_passes_again_next_year_is_told_again_with_the_new_date(): void {
        global $DB;
        $activity = $this->publish();
        $emma = $this->learner();
        $this->pass($activity, $emma);
        $lastyear = time() - YEARSECS;
        self::backdate($lastyear);
        $first = $this->results();
        $this->assertSame($lastyear, $first['rows'][0]['occurred']);
        $completed = $DB->get_field('course_modules_completion', 'timemodified', []);
        $this->pass($activity, $emma, 2, 100);
        $again = $this->results($first['cursor']);
        $this->assertSame([[2, 'passed', 1.0]], self::states($again));
        $this->assertGreaterThan($lastyear + WEEKSECS, $again['rows'][0]['occurred']);
        $this->assertSame($completed, $DB->get_field('course_modules_completion', 'timemodified', []));
    }

    public function test_a_failed_attempt_after_a_pass_is_told_for_itself(): void {
        $activity = $this->publish();
        $emma = $this->learner();
        $this->pass($activity, $emma);
        $this->track($activity, $emma, ['cmi.core.score.raw' => 10, 'cmi.core.lesson_status' => 'failed'], 2);
        $this->assertSame([[1, 'passed', 0.9], [2, 'failed', 0.1]], self::states($this->results()));
    }

    public function test_a_status_that_changes_is_told_again_as_the_same_attempt(): void {
        $activity = $this->publish();
        $emma = $this->learner();
        $this->track($activity, $emma, ['cmi.core.score.raw' => 40, 'cmi.core.lesson_status' => 'failed']);
        $first = $this->results();
        $this->pass($activity, $emma);
        $this->assertSame([[1, 'passed', 0.9]], self::states($this->results($first['cursor'])));
        $this->assertSame([[1, 'failed', 0.4], [1, 'passed', 0.9]], self::states($this->results()));
    }

    public function test_an_attempt_that_a_teacher_deletes_is_withdrawn(): void {
        global $DB;
        $activity = $this->publish();
        $emma = $this->learner();
        $this->pass($activity, $emma);
        $this->pass($activity, $this->learner());
        $first = $this->results();
        $this->setAdminUser();
        $scorm = $DB->get_record('scorm', ['id' => $activity['instanceid']]);
        scorm_delete_attempt($emma->id, $scorm, 1);
        $again = $this->results($first['cursor']);
        $this->assertSame([[1, 'withdrawn', -1.0]], self::states($again));
        $this->assertSame((int) $emma->id, $again['rows'][0]['userid']);
    }

    public function test_what_a_teacher_ticks_off_is_told_and_withdrawn(): void {
        $activity = $this->publish();
        $emma = $this->learner();
        $info = new \completion_info($this->course);
        $cm = get_coursemodule_from_id('scorm', $activity['cmid']);
        $this->setAdminUser();
        $info->update_state($cm, COMPLETION_COMPLETE, $emma->id, true);
        $first = $this->results();
        $this->assertSame([[0, 'completed', -1.0]], self::states($first));
        $this->setAdminUser();
        $info->update_state($cm, COMPLETION_INCOMPLETE, $emma->id, true);
        $this->assertSame([[0, 'withdrawn', -1.0]], self::states($this->results($first['cursor'])));
    }

    /**
     * An activity that is completed by opening it.
     *
     * @return array [course module, learner]
     */
    private function opened(): array {
        $page = $this->getDataGenerator()->create_module('page', ['course' => $this->course->id, 'name' => 'Fire drill',
            'completion' => COMPLETION_TRACKING_AUTOMATIC, 'completionview' => 1]);
        $cm = get_coursemodule_from_id('page', $page->cmid);
        $emma = $this->learner();
        $this->open($cm, $emma);
        return [$cm, $emma];
    }

    /**
     * A learner opens an activity.
     *
     * @param \stdClass $cm
     * @param \stdClass $learner
     */
    private function open(\stdClass $cm, \stdClass $learner): void {
        $this->setUser($learner);
        (new \completion_info($this->course))->set_module_viewed($cm, $learner->id);
        $this->setUser($this->account);
    }

    public function test_other_activities_are_told_by_their_completion(): void {
        $this->opened();
        $answer = $this->results();
        $this->assertSame([[0, 'completed', -1.0]], self::states($answer));
        $this->assertSame(['page', 'Fire drill', '', 0], [$answer['rows'][0]['modname'], $answer['rows'][0]['name'],
            $answer['rows'][0]['identity'], $answer['rows'][0]['revision']]);
    }

    public function test_completions_that_are_unlocked_and_made_anew_are_not_new_results(): void {
        global $DB;
        [$cm] = $this->opened();
        $past = time() - YEARSECS;
        $DB->set_field('course_modules_completion', 'timemodified', $past);
        $first = $this->results();
        $this->assertSame($past, $first['rows'][0]['occurred']);
        $this->setAdminUser();
        (new \completion_info($this->course))->reset_all_state(get_fast_modinfo($this->course)->get_cm($cm->id));
        $this->assertSame([], $this->results($first['cursor'])['rows']);
    }

    public function test_a_course_that_is_reset_unlearns_nothing_and_doing_it_again_is_a_new_result(): void {
        global $DB;
        [$cm, $emma] = $this->opened();
        $DB->set_field('course_modules_completion', 'timemodified', time() - YEARSECS);
        $first = $this->results();
        $this->setAdminUser();
        (new \completion_info($this->course))->delete_all_completion_data();
        $this->assertSame([], $this->results($first['cursor'])['rows']);
        \cache::make('core', 'completion')->purge();
        $this->open($cm, $emma);
        $again = $this->results($first['cursor']);
        $this->assertSame([[0, 'completed', -1.0]], self::states($again));
        $this->assertGreaterThan($first['rows'][0]['occurred'], $again['rows'][0]['occurred']);
    }

    public function test_a_learner_who_takes_the_tick_away_withdraws_it(): void {
        $page = $this->getDataGenerator()->create_module('page', ['course' => $this->course->id,
            'completion' => COMPLETION_TRACKING_MANUAL]);
        $cm = get_coursemodule_from_id('page', $page->cmid);
        $emma = $this->learner();
        $info = new \completion_info($this->course);
        $this->setUser($emma);
        $info->update_state($cm, COMPLETION_COMPLETE, $emma->id);
        $first = $this->results();
        $this->assertSame([[0, 'completed', -1.0]], self::states($first));
        $this->setUser($emma);
        $info->update_state($cm, COMPLETION_INCOMPLETE, $emma->id);
        $this->assertSame([[0, 'withdrawn', -1.0]], self::states($this->results($first['cursor'])));
    }

    public function test_a_quiz_is_told_as_passed_or_failed_with_its_grade(): void {
        $assign = $this->getDataGenerator()->create_module('assign', ['course' => $this->course->id, 'grade' => 50,
            'completion' => COMPLETION_TRACKING_AUTOMATIC, 'completionusegrade' => 1, 'gradepass' => 25,
            'completionpassgrade' => 1]);
        $item = \grade_item::fetch(['itemmodule' => 'assign', 'iteminstance' => $assign->id, 'itemtype' => 'mod']);
        $emma = $this->learner();
        $gro = $this->learner();
        $this->setAdminUser();
        $item->update_final_grade($emma->id, 40);
        $item->update_final_grade($gro->id, 10);
        $first = $this->results();
        $told = array_column($first['rows'], 'score', 'state');
        $this->assertSame(0.8, $told['passed']);
        $this->setAdminUser();
        $item->update_final_grade($emma->id, 45);
        $this->assertSame([[0, 'passed', 0.9]], self::states($this->results($first['cursor'])));
    }

    public function test_a_completed_course_is_told_though_moodle_backdates_it(): void {
        $emma = $this->learner();
        $first = $this->results();
        $lastweek = time() - WEEKSECS;
        (new \completion_completion(['userid' => $emma->id, 'course' => $this->course->id]))->mark_complete($lastweek);
        $row = $this->results($first['cursor'])['rows'][0];
        $this->assertSame(['course', 0, 'completed', 'Medicines', $lastweek],
            [$row['kind'], $row['cmid'], $row['state'], $row['name'], $row['occurred']]);
    }

    public function test_who_is_suspended_unenrolled_or_deleted_afterwards_stays(): void {
        global $DB;
        $activity = $this->publish();
        $emma = $this->learner(['idnumber' => 'F1001', 'email' => 'emma@fjordvik.example', 'firstname' => 'Emma',
            'lastname' => 'Employee']);
        $gro = $this->learner(['idnumber' => 'F1002']);
        $henrik = $this->learner(['idnumber' => 'F1003']);
        foreach ([$emma, $gro, $henrik] as $learner) {
            $this->pass($activity, $learner);
        }
        $this->setAdminUser();
        delete_user($DB->get_record('user', ['id' => $emma->id]));
        $DB->set_field('user', 'suspended', 1, ['id' => $gro->id]);
        $enrol = $DB->get_record('enrol', ['courseid' => $this->course->id, 'enrol' => 'manual']);
        enrol_get_plugin('manual')->unenrol_user($enrol, $henrik->id);
        $rows = $this->results()['rows'];
        $this->assertSame(['F1001', 'F1002', 'F1003'], array_column($rows, 'useridnumber'));
        $this->assertSame(['emma@fjordvik.example', 'Emma Employee'], [$rows[0]['email'], $rows[0]['fullname']]);
    }

    public function test_the_person_who_was_deleted_is_forgotten_after_a_month(): void {
        global $DB;
        $activity = $this->publish();
        $emma = $this->learner();
        $this->pass($activity, $emma);
        $this->setAdminUser();
        delete_user($DB->get_record('user', ['id' => $emma->id]));
        outbox::clean_up();
        $this->assertCount(1, $this->results()['rows']);
        $DB->set_field('user', 'timemodified', time() - 31 * DAYSECS, ['id' => $emma->id]);
        outbox::clean_up();
        $this->assertSame([], $this->results()['rows']);
    }

    public function test_an_activity_that_is_deleted_keeps_its_results(): void {
        $activity = $this->publish();
        $this->pass($activity, $this->learner());
        $this->setAdminUser();
        course_delete_module($activity['cmid']);
        $this->assertSame([[1, 'passed', 0.9]], self::states($this->results()));
    }

    public function test_the_version_is_the_one_that_the_attempt_began_with(): void {
        global $DB;
        $activity = $this->publish(['revision' => 1]);
        $emma = $this->learner();
        $this->track($activity, $emma, ['cmi.core.lesson_status' => 'incomplete', 'x.start.time' => time() - 100]);
        $this->publish(['revision' => 2, 'draftitemid' => $this->upload('Second')]);
        $this->pass($activity, $emma);
        $this->pass($activity, $this->learner());
        $this->assertSame([1, 2], array_column($this->results()['rows'], 'revision'));
    }

    public function test_the_cursor_gives_the_same_set_at_any_page_size(): void {
        $activity = $this->publish();
        for ($i = 0; $i < 7; $i++) {
            $learner = $this->learner();
            $this->pass($activity, $learner);
            $this->pass($activity, $learner, 2, 50);
        }
        $all = array_column($this->results()['rows'], 'id');
        $this->assertCount(14, $all);
        foreach ([1, 3, 5, 13, 14, 15] as $size) {
            $seen = [];
            $cursor = '';
            do {
                $answer = $this->results($cursor, $size);
                $this->assertSame(14 - count($seen) - count($answer['rows']), $answer['remaining']);
                $seen = array_merge($seen, array_column($answer['rows'], 'id'));
                $cursor = $answer['cursor'];
            } while ($answer['more']);
            $this->assertSame($all, $seen, "page size $size");
        }
    }

    public function test_a_cursor_of_another_time_begins_again(): void {
        $activity = $this->publish();
        $this->pass($activity, $this->learner());
        $this->assertCount(1, $this->results('999999999')['rows']);
        $this->expectException(\invalid_parameter_exception::class);
        $this->results('yesterday');
    }

    public function test_a_course_that_the_account_may_not_see_is_named_and_told_when_it_may(): void {
        global $DB;
        $activity = $this->publish();
        $this->pass($activity, $this->learner());
        $roleid = $DB->get_field('role', 'id', ['shortname' => account::NAME]);
        $context = \context_course::instance($this->course->id);
        assign_capability(permissions::RESULTS, CAP_PROHIBIT, $roleid, $context->id);
        $answer = $this->results();
        $this->assertSame([], $answer['rows']);
        $this->assertSame([['courseid' => (int) $this->course->id, 'coursename' => 'Medicines',
            'capability' => 'report/completion:view']], $answer['omitted']);
        unassign_capability(permissions::RESULTS, $roleid, $context->id);
        accesslib_clear_all_caches_for_unit_testing();
        $again = $this->results($answer['cursor']);
        $this->assertCount(1, $again['rows']);
        $this->assertSame([], $again['omitted']);
    }

    public function test_what_was_replaced_is_removed_after_a_month_and_what_counts_stays(): void {
        global $DB;
        $activity = $this->publish();
        $emma = $this->learner();
        $this->track($activity, $emma, ['cmi.core.score.raw' => 40, 'cmi.core.lesson_status' => 'failed']);
        $this->results();
        $this->pass($activity, $emma);
        $this->assertCount(2, $this->results()['rows']);
        outbox::clean_up();
        $this->assertCount(2, $this->results()['rows']);
        $DB->set_field('local_lmsbridge_outbox', 'timecreated', time() - 31 * DAYSECS);
        outbox::clean_up();
        $this->assertSame([[1, 'passed', 0.9]], self::states($this->results()));
    }

    public function test_the_queries_do_not_grow_with_the_learners(): void {
        global $DB;
        $activity = $this->publish();
        $count = function () use ($DB) {
            $before = $DB->perf_get_reads();
            $this->results();
            return $DB->perf_get_reads() - $before;
        };
        for ($i = 0; $i < 3; $i++) {
            $this->pass($activity, $this->learner());
        }
        $few = $count();
        for ($i = 0; $i < 20; $i++) {
            $this->pass($activity, $this->learner());
        }
        $this->assertLessThanOrEqual($few, $count());
    }
}
