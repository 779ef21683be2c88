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
 * An uploaded SCORM package.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_lmsbridge;

/**
 * A package in the account's draft area, looked through before anything is changed by it.
 */
class package {
    /** @var \stored_file */
    private $file;

    /** @var string[] identifiers of the parts in its manifest */
    private $parts;

    /**
     * The package.
     *
     * @param \stored_file $file
     * @param string[] $parts
     */
    private function __construct(\stored_file $file, array $parts) {
        $this->file = $file;
        $this->parts = $parts;
    }

    /**
     * The only file of a draft area.
     *
     * @param int $itemid
     * @return package
     * @throws \moodle_exception invalidpackage
     */
    public static function from_draft(int $itemid): package {
        global $USER;
        $context = \context_user::instance($USER->id);
        $files = get_file_storage()->get_area_files($context->id, 'user', 'draft', $itemid, 'id', false);
        if (count($files) !== 1) {
            self::refuse(get_string('notonefile', 'local_lmsbridge', count($files)));
        }
        $file = reset($files);
        $path = $file->copy_content_to_temp();
        $archive = new \ZipArchive();
        try {
            if ($archive->open($path) !== true) {
                self::refuse(get_string('badarchive', 'scorm'));
            }
            $errors = scorm_validate_package($file);
            if ($errors) {
                self::refuse(implode(' ', $errors));
            }
            return new package($file, self::parts((string) $archive->getFromName('imsmanifest.xml')));
        } finally {
            @unlink($path);
        }
    }

    /**
     * The identifiers of the items that can be launched.
     *
     * @param string $text the manifest
     * @return string[]
     */
    private static function parts(string $text): array {
        $manifest = new \DOMDocument();
        if ($text === '' || !@$manifest->loadXML($text, LIBXML_NONET) || $manifest->documentElement->localName !== 'manifest') {
            self::refuse(get_string('nomanifest', 'scorm'));
        }
        $parts = [];
        foreach ($manifest->getElementsByTagNameNS('*', 'item') as $item) {
            if ($item->getAttribute('identifierref') !== '') {
                $parts[] = $item->getAttribute('identifier');
            }
        }
        if (!$parts) {
            self::refuse(get_string('nothingtolaunch', 'local_lmsbridge'));
        }
        return $parts;
    }

    /**
     * Refuses a package that lacks a part of the activity: Moodle would delete the attempts at that part.
     *
     * @param int $scormid
     */
    public function demand_parts(int $scormid): void {
        global $DB;
        $there = $DB->get_fieldset_select('scorm_scoes', 'identifier', "scorm = ? AND scormtype = 'sco'", [$scormid]);
        $lost = array_diff($there, $this->parts);
        if ($lost && attempts::exist($scormid)) {
            self::refuse(get_string('lostparts', 'local_lmsbridge', implode(', ', $lost)));
        }
    }

    /**
     * Puts a package in the place of an activity's package.
     *
     * @param int $itemid the draft area
     * @param \context_module $context
     * @return string its file name
     */
    public static function store(int $itemid, \context_module $context): string {
        $storage = get_file_storage();
        $storage->delete_area_files($context->id, 'mod_scorm', 'package');
        file_save_draft_area_files($itemid, $context->id, 'mod_scorm', 'package', 0, ['subdirs' => 0, 'maxfiles' => 1]);
        $files = $storage->get_area_files($context->id, 'mod_scorm', 'package', 0, '', false);
        return reset($files)->get_filename();
    }

    /**
     * Deletes the upload.
     */
    public function delete(): void {
        get_file_storage()->delete_area_files($this->file->get_contextid(), 'user', 'draft', $this->file->get_itemid());
    }

    /**
     * Refuses the package.
     *
     * @param string $why
     * @throws \moodle_exception invalidpackage
     */
    private static function refuse(string $why): void {
        throw new \moodle_exception('invalidpackage', 'local_lmsbridge', '', $why);
    }
}
