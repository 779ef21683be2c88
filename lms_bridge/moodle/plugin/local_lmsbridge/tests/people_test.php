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
 * The people and the account.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/lmsbridge_testcase.php');

/**
 * Who is told of, and who may ask.
 *
 * @covers \local_lmsbridge\account
 * @covers \local_lmsbridge\external\get_roster
 * @covers \local_lmsbridge\external\get_site
 */
final class people_test extends lmsbridge_testcase {
    public function test_the_roster_in_pages(): void {
        $emma = $this->learner(['idnumber' => 'F1001', 'email' => 'emma@fjordvik.example', 'firstname' => 'Emma',
            'lastname' => 'Employee', 'username' => 'emma']);
        $gro = $this->learner(['suspended' => 1]);
        $gone = $this->learner();
        delete_user($gone);
        $seen = [];
        $after = 0;
        do {
            $answer = external\get_roster::clean_returnvalue(external\get_roster::execute_returns(),
                external\get_roster::execute($after, 2));
            $seen = array_merge($seen, $answer['users']);
            $after = $answer['last'];
        } while ($answer['more']);
        $seen = array_column($seen, null, 'id');
        $this->assertSame(['id' => (int) $emma->id, 'username' => 'emma', 'idnumber' => 'F1001', 'fullname' => 'Emma Employee',
            'email' => 'emma@fjordvik.example', 'suspended' => false], $seen[$emma->id]);
        $this->assertTrue($seen[$gro->id]['suspended']);
        $this->assertArrayNotHasKey($gone->id, $seen);
        $this->assertArrayNotHasKey(guest_user()->id, $seen);
    }

    public function test_an_account_without_the_capability_is_told_which(): void {
        $this->setUser($this->learner());
        foreach ([fn() => external\get_site::execute(), fn() => external\get_results::execute(),
                fn() => external\get_roster::execute(), fn() => external\list_activities::execute()] as $call) {
            $this->assertStringContainsString('local/lmsbridge:use', $this->refused('notallowed', $call));
        }
    }

    public function test_people_are_told_only_to_an_account_that_may_see_who_they_are(): void {
        global $DB;
        $roleid = $DB->get_field('role', 'id', ['shortname' => account::NAME]);
        unassign_capability('moodle/site:viewuseridentity', $roleid);
        foreach ([fn() => external\get_results::execute(), fn() => external\get_roster::execute()] as $call) {
            $this->assertStringContainsString('moodle/site:viewuseridentity', $this->refused('notallowed', $call));
        }
        $held = array_column(external\get_site::execute()['capabilities'], 'held', 'name');
        $this->assertFalse($held['moodle/site:viewuseridentity']);
        $this->assertTrue($held['mod/scorm:addinstance']);
    }

    public function test_the_site_tells_who_it_is(): void {
        global $CFG;
        $site = external\get_site::clean_returnvalue(external\get_site::execute_returns(), external\get_site::execute());
        $this->assertSame([$CFG->wwwroot, $CFG->release, 'lmsbridge', (int) $this->account->id],
            [$site['issuer'], $site['moodle'], $site['username'], $site['userid']]);
        $this->assertNotContains(false, array_column($site['capabilities'], 'held'));
    }

    public function test_the_account_is_made_once_and_again_gets_what_a_new_version_needs(): void {
        global $DB;
        $this->setAdminUser();
        $token = $DB->get_field('external_tokens', 'token', ['userid' => $this->account->id]);
        $roleid = $DB->get_field('role', 'id', ['shortname' => account::NAME]);
        unassign_capability('report/completion:view', $roleid);
        $this->assertSame($token, account::set_up());
        $this->assertSame(1, $DB->count_records('user', ['username' => account::NAME]));
        $this->assertTrue(has_capability('report/completion:view', \context_system::instance(), $this->account));
        $this->assertFalse(is_siteadmin($this->account));
        $this->assertStringContainsString('rest', get_config('core', 'webserviceprotocols'));
    }
}
