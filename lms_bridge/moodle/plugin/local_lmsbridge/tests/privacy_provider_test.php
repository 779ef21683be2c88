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
 * Privacy.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/lmsbridge_testcase.php');

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;
use local_lmsbridge\privacy\provider;

/**
 * A learner gets to see what is kept, and it is deleted with the rest.
 *
 * @covers \local_lmsbridge\privacy\provider
 */
final class privacy_provider_test extends lmsbridge_testcase {
    /**
     * Two learners with results in two courses.
     *
     * @return array [Emma, Gro, the context of the course, the context of the other course]
     */
    private function two_learners(): array {
        $emma = $this->learner();
        $gro = $this->learner();
        $other = $this->getDataGenerator()->create_course(['enablecompletion' => 1]);
        $activity = $this->publish();
        $elsewhere = $this->publish(['courseid' => $other->id, 'section' => 0, 'name' => 'Elsewhere']);
        foreach ([$emma, $gro] as $learner) {
            $this->getDataGenerator()->enrol_user($learner->id, $other->id);
            $this->pass($activity, $learner);
            $this->pass($elsewhere, $learner);
        }
        $this->results();
        return [$emma, $gro, \context_course::instance($this->course->id), \context_course::instance($other->id)];
    }

    public function test_all_that_is_kept_is_described(): void {
        global $DB;
        $described = [];
        foreach (provider::get_metadata(new collection('local_lmsbridge'))->get_collection() as $item) {
            $described[$item->get_name()] = $item->get_privacy_fields();
            foreach (array_merge([$item->get_summary()], array_values($item->get_privacy_fields())) as $text) {
                $this->assertTrue(get_string_manager()->string_exists($text, 'local_lmsbridge'), $text);
            }
        }
        $this->assertSame(['local_lmsbridge_outbox', 'local_lmsbridge_touched', 'lms-bridge'], array_keys($described));
        $columns = array_keys($DB->get_columns('local_lmsbridge_outbox'));
        $this->assertSame([], array_diff(array_keys($described['local_lmsbridge_outbox']), $columns));
    }

    public function test_the_courses_with_results_and_the_learners_in_them(): void {
        [$emma, $gro, $course, $other] = $this->two_learners();
        $contexts = provider::get_contexts_for_userid($emma->id)->get_contextids();
        $this->assertEqualsCanonicalizing([$course->id, $other->id], $contexts);
        $users = new userlist($course, 'local_lmsbridge');
        provider::get_users_in_context($users);
        $this->assertEqualsCanonicalizing([$emma->id, $gro->id], $users->get_userids());
    }

    public function test_a_learner_gets_the_own_results(): void {
        [$emma, , $course] = $this->two_learners();
        provider::export_user_data(new approved_contextlist($emma, 'local_lmsbridge', [$course->id]));
        $data = writer::with_context($course)->get_data([get_string('pluginname', 'local_lmsbridge')]);
        $this->assertCount(1, $data->results);
        $this->assertSame(['Medicines', 'passed', 0.9], [$data->results[0]['name'], $data->results[0]['state'],
            $data->results[0]['score']]);
    }

    public function test_a_learner_is_deleted_and_others_stay(): void {
        global $DB;
        [$emma, $gro, $course, $other] = $this->two_learners();
        provider::delete_data_for_user(new approved_contextlist($emma, 'local_lmsbridge', [$course->id]));
        $left = fn($user) => $DB->count_records('local_lmsbridge_outbox', ['userid' => $user->id]);
        $this->assertSame([1, 2], [$left($emma), $left($gro)]);
        provider::delete_data_for_users(new approved_userlist($other, 'local_lmsbridge', [$emma->id]));
        $this->assertSame([0, 2], [$left($emma), $left($gro)]);
    }

    public function test_a_course_is_deleted_with_all_in_it(): void {
        global $DB;
        [, , $course] = $this->two_learners();
        provider::delete_data_for_all_users_in_context($course);
        $this->assertSame(2, $DB->count_records('local_lmsbridge_outbox'));
    }

    public function test_results_of_a_course_that_is_gone_belong_to_the_learner(): void {
        global $DB;
        [$emma, , $course, $other] = $this->two_learners();
        $this->setAdminUser();
        delete_course($this->course, false);
        $own = \context_user::instance($emma->id);
        $this->assertEqualsCanonicalizing([$own->id, $other->id], provider::get_contexts_for_userid($emma->id)->get_contextids());
        provider::delete_data_for_user(new approved_contextlist($emma, 'local_lmsbridge', [$own->id]));
        $this->assertSame(1, $DB->count_records('local_lmsbridge_outbox', ['userid' => $emma->id]));
    }
}
