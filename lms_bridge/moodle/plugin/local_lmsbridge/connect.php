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
 * Where an administrator connects this Moodle to lms-bridge, and sees how the connection is.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

use local_lmsbridge\account;
use local_lmsbridge\outbox;
use local_lmsbridge\pusher;

admin_externalpage_setup('local_lmsbridge');
$action = optional_param('action', '', PARAM_ALPHA);
$page = new moodle_url('/local/lmsbridge/connect.php');
$token = '';
if ($action !== '' && data_submitted()) {
    require_sesskey();
    if ($action === 'account') {
        $token = account::set_up();
    } else if ($action === 'test') {
        $answer = pusher::post([]);
        $told = (object) ['status' => $answer->status, 'milliseconds' => $answer->milliseconds, 'error' => $answer->error];
        redirect($page, get_string($answer->received === 0 ? 'testgood' : 'testbad', 'local_lmsbridge', $told), null,
            $answer->received === 0 ? \core\output\notification::NOTIFY_SUCCESS : \core\output\notification::NOTIFY_ERROR);
    }
}

$push = pusher::settings();
echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('pluginname', 'local_lmsbridge'));
echo $OUTPUT->render_from_template('local_lmsbridge/connect', [
    'action' => $page->out(false),
    'sesskey' => sesskey(),
    'address' => $CFG->wwwroot,
    'token' => $token,
    'pushed' => $push->enabled,
    'url' => $push->url,
    'waiting' => pusher::waiting(),
    'lastsuccess' => $push->lastsuccess ? userdate($push->lastsuccess) : get_string('never'),
    'lasterror' => $push->lasterror,
    'results' => outbox::count_after(0),
]);
echo $OUTPUT->footer();
