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
 * What the plugin keeps and tells about people.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\privacy;

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\transform;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

/**
 * The outbox belongs to the course of each result, or to the learner where that course has been deleted.
 */
class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {

    /** @var string what a course context is to the outbox */
    const OF_COURSE = "o.courseid = ctx.instanceid AND ctx.contextlevel = 50";

    /**
     * What is kept, and what is told to whom.
     *
     * @param collection $collection
     * @return collection
     */
    public static function get_metadata(collection $collection): collection {
        $fields = [];
        foreach (['userid', 'courseid', 'cmid', 'attempt', 'name', 'state', 'score', 'revision', 'occurred', 'person'] as $field) {
            $fields[$field] = 'privacy:outbox:' . $field;
        }
        $collection->add_database_table('local_lmsbridge_outbox', $fields, 'privacy:outbox');
        $collection->add_database_table('local_lmsbridge_touched', ['userid' => 'privacy:outbox:userid'], 'privacy:touched');
        $told = [];
        foreach (['fullname', 'username', 'idnumber', 'email', 'results'] as $field) {
            $told[$field] = 'privacy:told:' . $field;
        }
        $collection->add_external_location_link('lms-bridge', $told, 'privacy:told');
        return $collection;
    }

    /**
     * Where something is kept about a person.
     *
     * @param int $userid
     * @return contextlist
     */
    public static function get_contexts_for_userid(int $userid): contextlist {
        $contexts = new contextlist();
        $contexts->add_from_sql("SELECT ctx.id FROM {context} ctx JOIN {local_lmsbridge_outbox} o ON " . self::OF_COURSE . "
            WHERE o.userid = :userid", ['userid' => $userid]);
        $contexts->add_from_sql("SELECT ctx.id FROM {context} ctx JOIN {local_lmsbridge_outbox} o ON o.userid = ctx.instanceid
            WHERE ctx.contextlevel = :level AND o.userid = :userid AND NOT EXISTS (SELECT 1 FROM {course} c WHERE c.id = o.courseid)",
            ['userid' => $userid, 'level' => CONTEXT_USER]);
        return $contexts;
    }

    /**
     * About whom something is kept in a context.
     *
     * @param userlist $userlist
     */
    public static function get_users_in_context(userlist $userlist): void {
        [$where, $params] = self::in_context($userlist->get_context());
        if ($where) {
            $userlist->add_from_sql('userid', "SELECT userid FROM {local_lmsbridge_outbox} WHERE $where", $params);
        }
    }

    /**
     * Exports what is kept about a person.
     *
     * @param approved_contextlist $contextlist
     */
    public static function export_user_data(approved_contextlist $contextlist): void {
        global $DB;
        foreach ($contextlist->get_contexts() as $context) {
            [$where, $params] = self::in_context($context);
            if (!$where) {
                continue;
            }
            $rows = $DB->get_records_select('local_lmsbridge_outbox', "userid = :owner AND $where",
                ['owner' => $contextlist->get_user()->id] + $params, 'id');
            $results = [];
            foreach ($rows as $row) {
                $results[] = ['name' => $row->name, 'attempt' => $row->attempt, 'state' => $row->state,
                    'score' => $row->score < 0 ? '' : (float) $row->score, 'occurred' => transform::datetime($row->occurred)];
            }
            if ($results) {
                writer::with_context($context)->export_data([get_string('pluginname', 'local_lmsbridge')],
                    (object) ['results' => $results]);
            }
        }
    }

    /**
     * Deletes what is kept in a context.
     *
     * @param \context $context
     */
    public static function delete_data_for_all_users_in_context(\context $context): void {
        global $DB;
        [$where, $params] = self::in_context($context);
        if ($where) {
            $DB->delete_records_select('local_lmsbridge_outbox', $where, $params);
        }
    }

    /**
     * Deletes what is kept about a person.
     *
     * @param approved_contextlist $contextlist
     */
    public static function delete_data_for_user(approved_contextlist $contextlist): void {
        foreach ($contextlist->get_contexts() as $context) {
            self::delete($context, [$contextlist->get_user()->id]);
        }
    }

    /**
     * Deletes what is kept about some people.
     *
     * @param approved_userlist $userlist
     */
    public static function delete_data_for_users(approved_userlist $userlist): void {
        self::delete($userlist->get_context(), $userlist->get_userids());
    }

    /**
     * Deletes what is kept about some people in a context, and what was noted of them and not yet written down.
     *
     * @param \context $context
     * @param int[] $userids
     */
    private static function delete(\context $context, array $userids): void {
        global $DB;
        [$where, $params] = self::in_context($context);
        if (!$where || !$userids) {
            return;
        }
        [$in, $inparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u');
        $DB->delete_records_select('local_lmsbridge_outbox', "userid $in AND $where", $inparams + $params);
        $DB->delete_records_select('local_lmsbridge_touched', "userid $in", $inparams);
    }

    /**
     * The rows of a context.
     *
     * @param \context $context
     * @return array [SQL, parameters]; no SQL where a context can have none
     */
    private static function in_context(\context $context): array {
        if ($context->contextlevel == CONTEXT_COURSE) {
            return ['courseid = :courseid', ['courseid' => $context->instanceid]];
        }
        if ($context->contextlevel == CONTEXT_USER) {
            return ['userid = :contextuser AND courseid NOT IN (SELECT id FROM {course})', ['contextuser' => $context->instanceid]];
        }
        return ['', []];
    }
}
