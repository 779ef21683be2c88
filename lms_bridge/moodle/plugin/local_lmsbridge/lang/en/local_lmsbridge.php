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
 * Strings in English.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['accountintro'] = 'lms-bridge signs in with an account of its own, which may do what it needs and no more. The button turns on web services, and makes a role, the account and its token.';
$string['accountlastname'] = 'Service';
$string['accountmade'] = 'The account is ready. Enter these in lms-bridge under Set-up → Moodle, and keep the token to yourself.';
$string['accountmake'] = 'Create the account and its token';
$string['account'] = 'Connect this Moodle';
$string['address'] = 'Address';
$string['busy'] = 'The same module is being published to this course right now. Try again in a minute.';
$string['hasattempts'] = 'Learners have begun this activity. It can be hidden, not deleted.';
$string['invalidpackage'] = 'This package cannot be used: {$a}';
$string['lmsbridge:use'] = 'Use lms-bridge';
$string['lostparts'] = 'It lacks a part that learners have begun ({$a}). Their attempts would be lost.';
$string['nocourse'] = 'There is no course {$a}.';
$string['nosection'] = 'The course has no section {$a}.';
$string['notallowed'] = 'The account lacks: {$a}';
$string['nothingtolaunch'] = 'Its manifest names nothing to open.';
$string['notonefile'] = 'One zip file was expected, {$a} were uploaded.';
$string['notours'] = 'This activity was not published by lms-bridge.';
$string['pluginname'] = 'lms-bridge';
$string['privacy:outbox:attempt'] = 'The number of the attempt';
$string['privacy:outbox:cmid'] = 'The activity';
$string['privacy:outbox:courseid'] = 'The course';
$string['privacy:outbox:name'] = 'The name of the activity or the course';
$string['privacy:outbox:occurred'] = 'When it happened';
$string['privacy:outbox:person'] = 'Who it was, kept for a month when the account has been deleted';
$string['privacy:outbox:revision'] = 'The version of the module';
$string['privacy:outbox:score'] = 'The score';
$string['privacy:outbox:state'] = 'Completed, passed or failed';
$string['privacy:outbox:userid'] = 'The learner';
$string['privacy:outbox'] = 'Results of learners, which are told to lms-bridge.';
$string['privacy:told:email'] = 'The e-mail address of the learner';
$string['privacy:told:fullname'] = 'The name of the learner';
$string['privacy:told:idnumber'] = 'The ID number of the learner';
$string['privacy:told:results'] = 'What the learner completed, passed or failed, when, and with which score';
$string['privacy:told:username'] = 'The user name of the learner';
$string['privacy:told'] = 'Results are told to lms-bridge, where they document competence.';
$string['privacy:touched'] = 'Learners whose results have just changed, until that is written down.';
$string['pushanswer'] = 'lms-bridge answered with HTTP status {$a}.';
$string['pusherror'] = 'Last error';
$string['pushoff'] = 'Results are not pushed: lms-bridge fetches them. It turns the push on when the connection is tested there.';
$string['pushsuccess'] = 'Last received';
$string['pushurl'] = 'Pushed to';
$string['pushwaiting'] = 'Waiting';
$string['resultskept'] = 'Results written down';
$string['results'] = 'Results';
$string['roledescription'] = 'What lms-bridge needs to publish modules and to read results. Give it to its account only.';
$string['taskcleanup'] = 'Clean up results that lms-bridge no longer needs';
$string['taskpushwaiting'] = 'Push waiting results to lms-bridge';
$string['tasksweep'] = 'Look for results that lms-bridge has not been told';
$string['testbad'] = 'lms-bridge did not receive the test. {$a->error}';
$string['testgood'] = 'lms-bridge received the test in {$a->milliseconds} ms.';
$string['testpush'] = 'Test the push';
$string['token'] = 'Token';
$string['unsafepush'] = 'The push needs an address with https and a secret of 16 characters or more.';
