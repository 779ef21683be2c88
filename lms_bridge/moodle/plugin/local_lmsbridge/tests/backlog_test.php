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
 * What was there before the plugin.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/lmsbridge_testcase.php');

/**
 * Results that are there are found, once.
 *
 * @covers \local_lmsbridge\backlog
 */
final class backlog_test extends lmsbridge_testcase {
    /**
     * Makes the outbox as it is on the day of the installation.
     */
    private function begin(): void {
        global $DB;
        $DB->delete_records('local_lmsbridge_outbox');
        $DB->delete_records('local_lmsbridge_touched');
        unset_config('filled', 'local_lmsbridge');
    }

    public function test_attempts_completions_and_courses_are_found_once(): void {
        $activity = $this->publish();
        $emma = $this->learner();
        $gro = $this->learner();
        $this->pass($activity, $emma);
        $this->pass($activity, $emma, 2);
        $this->track($activity, $gro, ['cmi.core.score.raw' => 40, 'cmi.core.lesson_status' => 'failed']);
        $page = $this->getDataGenerator()->create_module('page', ['course' => $this->course->id,
            'completion' => COMPLETION_TRACKING_AUTOMATIC, 'completionview' => 1]);
        $this->setUser($emma);
        (new \completion_info($this->course))->set_module_viewed(get_coursemodule_from_id('page', $page->cmid), $emma->id);
        (new \completion_completion(['userid' => $emma->id, 'course' => $this->course->id]))->mark_complete(time() - WEEKSECS);
        $this->begin();

        $answer = $this->results();
        $this->assertSame([], $answer['rows']);
        $this->assertGreaterThanOrEqual(5, $answer['remaining']);
        $this->expectOutputRegex('/results found/');
        (new task\backfill())->execute();
        $answer = $this->results();
        $told = array_map(fn($row) => "{$row['modname']} {$row['attempt']} {$row['state']}", $answer['rows']);
        sort($told);
        $this->assertSame(['course 0 completed', 'page 0 completed', 'scorm 1 failed', 'scorm 1 passed', 'scorm 2 passed'], $told);
        $this->assertSame(0, $answer['remaining']);

        (new task\sweep())->execute();
        $this->assertSame([], $this->results($answer['cursor'])['rows']);
    }

    public function test_a_result_that_came_without_an_event_is_found_by_night(): void {
        global $DB;
        $activity = $this->publish();
        $this->pass($activity, $this->learner());
        $first = $this->results();
        $this->pass($activity, $this->learner());
        $DB->delete_records('local_lmsbridge_touched');
        $this->assertSame([], $this->results($first['cursor'])['rows']);
        $this->assertSame(1, backlog::fill());
        $this->assertCount(1, $this->results($first['cursor'])['rows']);
    }

    public function test_the_installation_queues_it(): void {
        global $CFG;
        require_once($CFG->dirroot . '/local/lmsbridge/db/install.php');
        xmldb_local_lmsbridge_install();
        $this->assertCount(1, \core\task\manager::get_adhoc_tasks('\local_lmsbridge\task\backfill'));
    }
}
