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
 * The push of results to lms-bridge.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/filelib.php');

/**
 * Signed batches to the address that lms-bridge has given (see set_push).
 */
class pusher {
    /** @var int rows in a batch */
    const BATCH = 500;

    /** @var int seconds that lms-bridge has for an answer */
    const PATIENCE = 20;

    /** @var int seconds until a push that failed is tried again: twice as long each time, from the first to the second */
    const PAUSE = [MINSECS, HOURSECS];

    /**
     * Remembers where to push to. The push reads results as the account that sets it up.
     *
     * @param string $url
     * @param string $secret
     * @param bool $enabled
     */
    public static function configure(string $url, string $secret, bool $enabled): void {
        global $USER;
        $before = self::settings();
        if ($enabled && (!$before->enabled || $before->url !== $url)) {
            // What was before comes by pull.
            set_config('pushcursor', outbox::last(), 'local_lmsbridge');
        }
        set_config('pushurl', $url, 'local_lmsbridge');
        set_config('pushsecret', \core\encryption::encrypt($secret), 'local_lmsbridge');
        set_config('pushenabled', (int) $enabled, 'local_lmsbridge');
        set_config('pushuserid', $USER->id, 'local_lmsbridge');
        self::succeeded();
    }

    /**
     * How the push is set and how it goes.
     *
     * @return \stdClass url, enabled, cursor, userid, lastsuccess, lasterror
     */
    public static function settings(): \stdClass {
        $config = get_config('local_lmsbridge');
        return (object) [
            'url' => (string) ($config->pushurl ?? ''),
            'enabled' => !empty($config->pushenabled),
            'cursor' => (int) ($config->pushcursor ?? 0),
            'userid' => (int) ($config->pushuserid ?? 0),
            'lastsuccess' => (int) ($config->pushsuccess ?? 0),
            'lasterror' => (string) ($config->pusherror ?? ''),
        ];
    }

    /**
     * How many rows wait.
     *
     * @return int
     */
    public static function waiting(): int {
        global $DB;
        $settings = self::settings();
        if (!$settings->enabled) {
            return 0;
        }
        return outbox::count_after($settings->cursor) + $DB->count_records('local_lmsbridge_touched');
    }

    /**
     * Has the next run of cron push, unless lms-bridge was out of reach and it is too soon to try again.
     *
     * Moodle's own way of trying again gives up after twelve times, some three days.
     */
    public static function queue(): void {
        $config = get_config('local_lmsbridge');
        if (!empty($config->pushenabled) && ($config->pushnext ?? 0) <= time()) {
            \core\task\manager::queue_adhoc_task(new task\push_results(), true);
        }
    }

    /**
     * Pushes all that waits.
     *
     * @return int rows pushed
     */
    public static function push(): int {
        $lock = \core\lock\lock_config::get_lock_factory('local_lmsbridge')->get_lock('push', 0);
        if (!$lock) {
            return 0; // Another process is at it.
        }
        try {
            resolver::run();
            $pushed = 0;
            do {
                $settings = self::settings();
                if (!$settings->enabled) {
                    break;
                }
                [$rows, $cursor, $more] = outbox::page($settings->cursor, self::BATCH, $settings->userid);
                if ($rows) {
                    $answer = self::post($rows);
                    if (!self::settled($answer, count($rows))) {
                        break;
                    }
                    $pushed += count($rows);
                }
                set_config('pushcursor', $cursor, 'local_lmsbridge');
            } while ($more);
            return $pushed;
        } finally {
            $lock->release();
        }
    }

    /**
     * Notes how a batch went.
     *
     * @param \stdClass $answer
     * @param int $sent
     * @return bool whether to go on
     */
    private static function settled(\stdClass $answer, int $sent): bool {
        if ($answer->received === $sent) {
            set_config('pushsuccess', time(), 'local_lmsbridge');
            self::succeeded();
            return true;
        }
        set_config('pusherror', $answer->error, 'local_lmsbridge');
        if ($answer->status === 410) {
            set_config('pushenabled', 0, 'local_lmsbridge'); // The connection is closed over there.
            return false;
        }
        $failures = (int) get_config('local_lmsbridge', 'pushfailures');
        [$first, $longest] = self::PAUSE;
        set_config('pushfailures', $failures + 1, 'local_lmsbridge');
        set_config('pushnext', time() + min($longest, $first * 2 ** min(10, $failures)), 'local_lmsbridge');
        return false;
    }

    /**
     * Forgets what went wrong.
     */
    private static function succeeded(): void {
        $config = get_config('local_lmsbridge');
        foreach (['pusherror' => '', 'pushfailures' => 0, 'pushnext' => 0] as $name => $value) {
            if (($config->$name ?? $value) != $value) {
                set_config($name, $value, 'local_lmsbridge');
            }
        }
    }

    /**
     * Posts a batch.
     *
     * @param array[] $rows none for a test
     * @return \stdClass status (HTTP, 0 without an answer), received (rows, -1 where it was not understood), milliseconds, error
     */
    public static function post(array $rows): \stdClass {
        global $CFG;
        $body = json_encode(['issuer' => $CFG->wwwroot, 'batch' => \core\uuid::generate(), 'sent' => time(), 'rows' => $rows],
            JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
        $timestamp = (string) time();
        $secret = \core\encryption::decrypt((string) get_config('local_lmsbridge', 'pushsecret'));
        $curl = new \curl();
        $curl->setHeader([
            'Content-Type: application/json',
            'X-Lmsbridge-Timestamp: ' . $timestamp,
            'X-Lmsbridge-Signature: v1=' . self::signature($secret, $timestamp, $body),
        ]);
        $began = microtime(true);
        $text = $curl->post(self::settings()->url, $body, ['CURLOPT_CONNECTTIMEOUT' => 5, 'CURLOPT_TIMEOUT' => self::PATIENCE,
            'CURLOPT_FOLLOWLOCATION' => 0]);
        $milliseconds = (int) round((microtime(true) - $began) * 1000);
        $status = $curl->get_errno() ? 0 : (int) ($curl->get_info()['http_code'] ?? 0);
        $answer = $status === 200 ? json_decode($text) : null;
        $received = is_int($answer->received ?? null) ? $answer->received : -1;
        $error = '';
        if ($received !== count($rows)) {
            $error = $status === 0 ? \core_text::substr((string) ($curl->error ?: $text), 0, 200)
                : get_string('pushanswer', 'local_lmsbridge', $status);
        }
        return (object) ['status' => $status, 'received' => $received, 'milliseconds' => $milliseconds, 'error' => $error];
    }

    /**
     * The signature of a batch.
     *
     * @param string $secret
     * @param string $timestamp
     * @param string $body
     * @return string
     */
    public static function signature(string $secret, string $timestamp, string $body): string {
        return hash_hmac('sha256', $timestamp . '.' . $body, $secret);
    }
}
