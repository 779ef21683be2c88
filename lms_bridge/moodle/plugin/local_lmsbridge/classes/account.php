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
 * The account that lms-bridge signs in with.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/user/lib.php');

/**
 * What an administrator would else do by hand on five pages: web services, role, account, service and token.
 */
class account {
    /** @var string short name of the role, user name of the account and short name of the service */
    const NAME = 'lmsbridge';

    /**
     * Makes what is missing; what is there is kept. May be done again, after an upgrade that needs another capability.
     *
     * @return string the token
     */
    public static function set_up(): string {
        set_config('enablewebservices', 1);
        $protocols = array_filter(explode(',', (string) get_config('core', 'webserviceprotocols')));
        if (!in_array('rest', $protocols)) {
            set_config('webserviceprotocols', implode(',', array_merge($protocols, ['rest'])));
        }
        $userid = self::user();
        role_assign(self::role(), $userid, \context_system::instance()->id);
        return self::token($userid);
    }

    /**
     * The role, with every capability that is needed.
     *
     * @return int
     */
    private static function role(): int {
        global $DB;
        $roleid = $DB->get_field('role', 'id', ['shortname' => self::NAME]);
        if (!$roleid) {
            $roleid = create_role(get_string('pluginname', 'local_lmsbridge'), self::NAME,
                get_string('roledescription', 'local_lmsbridge'));
            set_role_contextlevels($roleid, [CONTEXT_SYSTEM]);
        }
        foreach (permissions::NEEDED as $capability) {
            assign_capability($capability, CAP_ALLOW, $roleid, \context_system::instance()->id, true);
        }
        return (int) $roleid;
    }

    /**
     * The account, whose password nobody knows.
     *
     * @return int
     */
    private static function user(): int {
        global $CFG, $DB;
        $userid = $DB->get_field('user', 'id', ['username' => self::NAME, 'mnethostid' => $CFG->mnet_localhost_id, 'deleted' => 0]);
        if ($userid) {
            return (int) $userid;
        }
        return (int) user_create_user((object) [
            'username' => self::NAME, 'auth' => 'manual', 'password' => hash_internal_user_password(random_string(40)),
            'firstname' => 'lms-bridge', 'lastname' => get_string('accountlastname', 'local_lmsbridge'),
            'email' => 'lms-bridge@' . parse_url($CFG->wwwroot, PHP_URL_HOST), 'emailstop' => 1, 'maildisplay' => 0,
            'confirmed' => 1, 'policyagreed' => 1, 'mnethostid' => $CFG->mnet_localhost_id,
        ], false, false);
    }

    /**
     * The account's token for the service.
     *
     * @param int $userid
     * @return string
     */
    private static function token(int $userid): string {
        global $CFG, $DB;
        $service = $DB->get_record('external_services', ['shortname' => self::NAME, 'component' => 'local_lmsbridge'],
            '*', MUST_EXIST);
        $DB->set_field('external_services', 'enabled', 1, ['id' => $service->id]);
        $token = $DB->get_field('external_tokens', 'token',
            ['externalserviceid' => $service->id, 'userid' => $userid, 'tokentype' => EXTERNAL_TOKEN_PERMANENT]);
        if ($token) {
            return $token;
        }
        if (class_exists('\core_external\util')) {
            return \core_external\util::generate_token(EXTERNAL_TOKEN_PERMANENT, $service, $userid, \context_system::instance());
        }
        require_once($CFG->libdir . '/externallib.php');
        return external_generate_token(EXTERNAL_TOKEN_PERMANENT, $service, $userid, \context_system::instance());
    }
}
