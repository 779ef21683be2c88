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
 * What all web services of the plugin have in common.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge\external;

use local_lmsbridge\permissions;

defined('MOODLE_INTERNAL') || die();

// Moodle 4.1 has the same classes without a namespace; another plugin may have given some of them these names already.
foreach (['external_api', 'external_function_parameters', 'external_value', 'external_single_structure',
        'external_multiple_structure'] as $class) {
    if (!class_exists('\core_external\\' . $class)) {
        global $CFG;
        require_once($CFG->libdir . '/externallib.php');
        class_alias('\\' . $class, '\core_external\\' . $class);
    }
}

/**
 * A web service. Each asks for local/lmsbridge:use, and for what it needs besides.
 */
abstract class base extends \core_external\external_api {
    /**
     * Begins a call: the parameters are read, and the account is allowed to use the plugin.
     *
     * @param array $values by name
     * @param string[] $capabilities needed in the system, besides local/lmsbridge:use
     * @return array parameters by name
     */
    protected static function begin(array $values, array $capabilities = []): array {
        $params = self::validate_parameters(static::execute_parameters(), $values);
        $context = \context_system::instance();
        self::validate_context($context);
        permissions::demand(array_merge(['local/lmsbridge:use'], $capabilities), $context);
        return $params;
    }

    /**
     * A course in which the account may do something. A course that is hidden from it is refused with the capability's name.
     *
     * @param int $courseid
     * @param string[] $capabilities
     * @return \stdClass the course
     */
    protected static function course(int $courseid, array $capabilities): \stdClass {
        global $DB;
        $course = $DB->get_record('course', ['id' => $courseid]);
        if (!$course || $course->id == SITEID) {
            throw new \moodle_exception('nocourse', 'local_lmsbridge', '', $courseid);
        }
        if (!$course->visible) {
            $capabilities[] = 'moodle/course:viewhiddencourses';
        }
        $context = \context_course::instance($course->id);
        permissions::demand($capabilities, $context);
        self::validate_context($context);
        return $course;
    }

    /**
     * A whole number.
     *
     * @param string $description
     * @param int|null $default for a parameter that may be left out
     * @return \core_external\external_value
     */
    protected static function int(string $description, ?int $default = null): \core_external\external_value {
        return self::value(PARAM_INT, $description, $default);
    }

    /**
     * A text that is taken and told as it is.
     *
     * @param string $description
     * @param string|null $default for a parameter that may be left out
     * @return \core_external\external_value
     */
    protected static function text(string $description, ?string $default = null): \core_external\external_value {
        return self::value(PARAM_RAW, $description, $default);
    }

    /**
     * Yes or no.
     *
     * @param string $description
     * @param bool|null $default for a parameter that may be left out
     * @return \core_external\external_value
     */
    protected static function bool(string $description, ?bool $default = null): \core_external\external_value {
        return self::value(PARAM_BOOL, $description, $default);
    }

    /**
     * A value of a type.
     *
     * @param string $type
     * @param string $description
     * @param mixed $default null where the value is required
     * @return \core_external\external_value
     */
    protected static function value(string $type, string $description, $default = null): \core_external\external_value {
        return new \core_external\external_value($type, $description, $default === null ? VALUE_REQUIRED : VALUE_DEFAULT, $default);
    }

    /**
     * The parameters of a web service.
     *
     * @param array $keys
     * @return \core_external\external_function_parameters
     */
    protected static function parameters(array $keys = []): \core_external\external_function_parameters {
        return new \core_external\external_function_parameters($keys);
    }

    /**
     * An object.
     *
     * @param array $keys
     * @return \core_external\external_single_structure
     */
    protected static function object(array $keys): \core_external\external_single_structure {
        return new \core_external\external_single_structure($keys);
    }

    /**
     * A list of objects.
     *
     * @param array $keys of each
     * @return \core_external\external_multiple_structure
     */
    protected static function objects(array $keys): \core_external\external_multiple_structure {
        return new \core_external\external_multiple_structure(self::object($keys));
    }
}
