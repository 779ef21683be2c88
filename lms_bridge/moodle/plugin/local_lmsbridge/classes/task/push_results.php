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
 * The push, queued with each result.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\task;

use local_lmsbridge\pusher;

/**
 * Pushes what waits. When it fails, the scheduled task push_waiting queues it again, later each time.
 */
class push_results extends \core\task\adhoc_task {
    /**
     * Pushes.
     */
    public function execute() {
        mtrace('... ' . pusher::push() . ' results pushed to lms-bridge. ' . pusher::settings()->lasterror);
    }
}
