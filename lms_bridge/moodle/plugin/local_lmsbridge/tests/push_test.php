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
 * The push.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/lmsbridge_testcase.php');

/**
 * Results reach lms-bridge by themselves, signed, and are sent again when they did not.
 *
 * @covers \local_lmsbridge\pusher
 */
final class push_test extends lmsbridge_testcase {
    /** @var string what batches are signed with */
    const SECRET = 'a secret of more than sixteen';

    /** @var resource the receiver's process */
    private static $process;

    /** @var int its port */
    private static $port;

    /** @var string what it writes to */
    private static $folder;

    /**
     * Starts a receiver.
     */
    public static function setUpBeforeClass(): void {
        parent::setUpBeforeClass();
        self::$folder = sys_get_temp_dir() . '/receiver' . getmypid();
        @mkdir(self::$folder);
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        self::$port = (int) substr(strrchr(stream_socket_get_name($socket, false), ':'), 1);
        fclose($socket);
        self::$process = proc_open([PHP_BINARY, '-S', '127.0.0.1:' . self::$port, __DIR__ . '/fixtures/receiver.php'],
            [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes, null,
            ['RECEIVER_DIR' => self::$folder]);
        for ($i = 0; $i < 100 && !($open = @fsockopen('127.0.0.1', self::$port)); $i++) {
            usleep(20000);
        }
        fclose($open);
    }

    /**
     * Stops it.
     */
    public static function tearDownAfterClass(): void {
        proc_terminate(self::$process);
        proc_close(self::$process);
        array_map('unlink', glob(self::$folder . '/*'));
        rmdir(self::$folder);
        parent::tearDownAfterClass();
    }

    /**
     * Allows this machine, and begins with a receiver that has nothing.
     */
    protected function setUp(): void {
        parent::setUp();
        set_config('curlsecurityblockedhosts', '');
        set_config('curlsecurityallowedport', '');
        array_map('unlink', glob(self::$folder . '/*'));
    }

    /**
     * Turns the push on, as lms-bridge does.
     */
    private function turn_on(): void {
        global $CFG;
        $url = 'http://127.0.0.1:' . self::$port . '/api/v1/sources/1/push';
        $CFG->wwwroot = str_replace('https://', 'http://', $CFG->wwwroot);
        $this->setUser($this->account);
        $this->assertSame(['enabled' => true], external\set_push::execute($url, self::SECRET, true));
    }

    /**
     * Has the receiver answer with a status.
     *
     * @param int $status
     */
    private function answer(int $status): void {
        file_put_contents(self::$folder . '/status', (string) $status);
    }

    /**
     * What the receiver got.
     *
     * @return \stdClass[] with timestamp, signature and body
     */
    private function received(): array {
        $paths = glob(self::$folder . '/*.json');
        natsort($paths);
        return array_map(fn($path) => json_decode(file_get_contents($path)), array_values($paths));
    }

    /**
     * Runs what is queued, as cron does.
     */
    private function cron(): void {
        ob_start();
        foreach (\core\task\manager::get_adhoc_tasks('\local_lmsbridge\task\push_results') as $task) {
            $task->execute();
            $task->set_lock(\core\lock\lock_config::get_lock_factory('cron')->get_lock('adhoc_' . $task->get_id(), 5));
            \core\task\manager::adhoc_task_complete($task);
        }
        ob_end_clean();
    }

    public function test_a_result_is_pushed_signed(): void {
        global $CFG;
        $activity = $this->publish();
        $this->turn_on();
        $this->pass($activity, $this->learner(['firstname' => 'Gøril', 'lastname' => 'Ås']));
        $this->assertGreaterThan(0, external\get_site::execute()['push']['waiting']);
        $this->cron();
        [$batch] = $this->received();
        $this->assertSame('v1=' . hash_hmac('sha256', $batch->timestamp . '.' . $batch->body, self::SECRET), $batch->signature);
        $this->assertEqualsWithDelta(time(), (int) $batch->timestamp, 5);
        $body = json_decode($batch->body, true);
        $this->assertSame(['issuer', 'batch', 'sent', 'rows'], array_keys($body));
        $this->assertSame($CFG->wwwroot, $body['issuer']);
        $this->assertSame(['passed', 'Gøril Ås', self::MODULE], [$body['rows'][0]['state'], $body['rows'][0]['fullname'],
            $body['rows'][0]['identity']]);
        $this->assertEquals($this->results()['rows'], $body['rows']);
        $push = external\get_site::execute()['push'];
        $this->assertSame([0, ''], [$push['waiting'], $push['lasterror']]);
        $this->assertEqualsWithDelta(time(), $push['lastsuccess'], 5);
    }

    public function test_many_results_go_in_few_batches_and_one_task(): void {
        $activity = $this->publish();
        $this->turn_on();
        for ($i = 0; $i < 5; $i++) {
            $this->pass($activity, $this->learner());
        }
        $this->assertCount(1, \core\task\manager::get_adhoc_tasks('\local_lmsbridge\task\push_results'));
        $this->cron();
        $this->assertCount(1, $this->received());
        $this->assertCount(5, json_decode($this->received()[0]->body)->rows);
        $this->cron();
        $this->assertCount(1, $this->received());
    }

    /**
     * What may go wrong at the receiver.
     *
     * @return array
     */
    public static function faults(): array {
        return ['an error' => [500, false], 'too many requests' => [429, false], 'a bad signature' => [401, false],
            'a sign-in page' => [200, true]];
    }

    /**
     * What did not arrive is sent again.
     *
     * @dataProvider faults
     * @param int $status
     * @param bool $html
     */
    public function test_a_push_that_fails_is_tried_again(int $status, bool $html): void {
        $activity = $this->publish();
        $this->turn_on();
        $this->pass($activity, $this->learner());
        $this->answer($status);
        if ($html) {
            touch(self::$folder . '/html');
        }
        $this->cron();
        $push = external\get_site::execute()['push'];
        $this->assertStringContainsString((string) $status, $push['lasterror']);
        $this->assertSame(1, $push['waiting']);
        array_map('unlink', glob(self::$folder . '/*'));
        (new task\push_waiting())->execute();
        $this->cron();
        $this->assertSame([], $this->received(), 'It is too soon.');
        set_config('pushnext', time(), 'local_lmsbridge');
        (new task\push_waiting())->execute();
        $this->cron();
        $this->assertCount(1, json_decode($this->received()[0]->body)->rows);
        $this->assertSame(['', 0], [external\get_site::execute()['push']['lasterror'], pusher::waiting()]);
    }

    public function test_it_is_tried_less_and_less_often_and_never_given_up(): void {
        $activity = $this->publish();
        $this->turn_on();
        $this->answer(503);
        $this->pass($activity, $this->learner());
        $pauses = [];
        for ($i = 0; $i < 15; $i++) {
            set_config('pushnext', 0, 'local_lmsbridge');
            (new task\push_waiting())->execute();
            $this->cron();
            $pauses[] = (int) round((get_config('local_lmsbridge', 'pushnext') - time()) / MINSECS);
        }
        $this->assertSame([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60, 60], $pauses);
    }

    public function test_nobody_answers(): void {
        $activity = $this->publish();
        $this->turn_on();
        set_config('pushurl', 'http://127.0.0.1:9/', 'local_lmsbridge');
        $this->pass($activity, $this->learner());
        $this->cron();
        $push = external\get_site::execute()['push'];
        $this->assertNotSame('', $push['lasterror']);
        $this->assertSame(1, $push['waiting']);
    }

    public function test_a_connection_that_is_closed_over_there_ends_the_push(): void {
        $activity = $this->publish();
        $this->turn_on();
        $this->pass($activity, $this->learner());
        $this->answer(410);
        $this->cron();
        $this->assertFalse(external\get_site::execute()['push']['enabled']);
        $this->pass($activity, $this->learner());
        $this->assertCount(0, \core\task\manager::get_adhoc_tasks('\local_lmsbridge\task\push_results'));
        $this->assertCount(2, $this->results()['rows'], 'They are there to be fetched.');
    }

    public function test_nothing_is_pushed_before_it_is_turned_on(): void {
        $activity = $this->publish();
        $this->pass($activity, $this->learner());
        $this->assertCount(0, \core\task\manager::get_adhoc_tasks('\local_lmsbridge\task\push_results'));
        $this->results();
        $this->turn_on();
        $this->assertSame(0, pusher::waiting(), 'What was before comes by pull.');
    }

    public function test_a_result_that_was_left_over_is_queued_by_the_net(): void {
        global $DB;
        $activity = $this->publish();
        $this->turn_on();
        $this->pass($activity, $this->learner());
        $DB->delete_records('task_adhoc');
        (new task\push_waiting())->execute();
        $this->cron();
        $this->assertCount(1, $this->received());
    }

    public function test_the_push_can_be_tested(): void {
        $this->assertFalse(external\test_push::execute()['ok']);
        $this->turn_on();
        $told = external\test_push::execute();
        $this->assertSame([true, 200, ''], [$told['ok'], $told['status'], $told['error']]);
        $this->assertSame([], json_decode($this->received()[0]->body)->rows);
        $this->answer(401);
        $told = external\test_push::execute();
        $this->assertSame([false, 401], [$told['ok'], $told['status']]);
        $this->assertStringContainsString('401', $told['error']);
    }

    public function test_the_secret_is_not_kept_in_the_open(): void {
        global $DB;
        $this->turn_on();
        $this->assertStringNotContainsString(self::SECRET, json_encode($DB->get_records('config_plugins')));
    }

    public function test_an_open_address_or_a_short_secret_is_refused(): void {
        global $CFG;
        $this->assertStringStartsWith('https://', $CFG->wwwroot);
        $this->refused('unsafepush', fn() => external\set_push::execute('https://bridge.example/push', 'short', true));
        $this->refused('unsafepush', fn() => external\set_push::execute('http://bridge.example/push', self::SECRET, true));
        $this->assertTrue(external\set_push::execute('https://bridge.example/push', self::SECRET, true)['enabled']);
    }
}
