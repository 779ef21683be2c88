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
 * Strings in Swedish.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['accountintro'] = 'lms-bridge loggar in med ett eget konto som får göra det som behövs och inte mer. Knappen slår på webbtjänster och skapar en roll, kontot och dess token.';
$string['accountlastname'] = 'Tjänst';
$string['accountmade'] = 'Kontot är klart. Skriv in detta i lms-bridge under Inställningar → Moodle, och håll token för dig själv.';
$string['accountmake'] = 'Skapa kontot och dess token';
$string['account'] = 'Anslut denna Moodle';
$string['address'] = 'Adress';
$string['busy'] = 'Samma modul publiceras till den här kursen just nu. Försök igen om en minut.';
$string['hasattempts'] = 'Någon har börjat på den här aktiviteten. Den kan döljas, inte tas bort.';
$string['invalidpackage'] = 'Det här paketet kan inte användas: {$a}';
$string['lmsbridge:use'] = 'Använda lms-bridge';
$string['lostparts'] = 'Det saknar en del som någon har börjat på ({$a}). Deras försök skulle gå förlorade.';
$string['nocourse'] = 'Det finns ingen kurs {$a}.';
$string['nosection'] = 'Kursen har inget avsnitt {$a}.';
$string['notallowed'] = 'Kontot saknar: {$a}';
$string['nothingtolaunch'] = 'Manifestet har ingenting att öppna.';
$string['notonefile'] = 'En zip-fil väntades, men {$a} laddades upp.';
$string['notours'] = 'Den här aktiviteten är inte publicerad av lms-bridge.';
$string['pluginname'] = 'lms-bridge';
$string['privacy:outbox:attempt'] = 'Försökets nummer';
$string['privacy:outbox:cmid'] = 'Aktiviteten';
$string['privacy:outbox:courseid'] = 'Kursen';
$string['privacy:outbox:name'] = 'Aktivitetens eller kursens namn';
$string['privacy:outbox:occurred'] = 'När det hände';
$string['privacy:outbox:person'] = 'Vem det var, sparat i en månad när kontot har tagits bort';
$string['privacy:outbox:revision'] = 'Modulens version';
$string['privacy:outbox:score'] = 'Poängen';
$string['privacy:outbox:state'] = 'Slutförd, godkänd eller underkänd';
$string['privacy:outbox:userid'] = 'Deltagaren';
$string['privacy:outbox'] = 'Deltagares resultat, som meddelas lms-bridge.';
$string['privacy:told:email'] = 'Deltagarens e-postadress';
$string['privacy:told:fullname'] = 'Deltagarens namn';
$string['privacy:told:idnumber'] = 'Deltagarens id-nummer';
$string['privacy:told:results'] = 'Vad deltagaren har slutfört, klarat eller inte klarat, när och med vilken poäng';
$string['privacy:told:username'] = 'Deltagarens användarnamn';
$string['privacy:told'] = 'Resultat meddelas lms-bridge, där de dokumenterar kompetens.';
$string['privacy:touched'] = 'Deltagare vars resultat just har ändrats, tills det är nedskrivet.';
$string['pushanswer'] = 'lms-bridge svarade med HTTP-status {$a}.';
$string['pusherror'] = 'Senaste felet';
$string['pushoff'] = 'Resultat skickas inte härifrån: lms-bridge hämtar dem. Sändningen slås på när anslutningen testas i lms-bridge.';
$string['pushsuccess'] = 'Senast mottaget';
$string['pushurl'] = 'Skickas till';
$string['pushwaiting'] = 'Väntar';
$string['resultskept'] = 'Nedskrivna resultat';
$string['results'] = 'Resultat';
$string['roledescription'] = 'Vad lms-bridge behöver för att publicera moduler och läsa resultat. Ges bara till dess konto.';
$string['taskcleanup'] = 'Rensa resultat som lms-bridge inte längre behöver';
$string['taskpushwaiting'] = 'Skicka väntande resultat till lms-bridge';
$string['tasksweep'] = 'Leta efter resultat som lms-bridge inte har fått';
$string['testbad'] = 'lms-bridge tog inte emot testet. {$a->error}';
$string['testgood'] = 'lms-bridge tog emot testet på {$a->milliseconds} ms.';
$string['testpush'] = 'Testa sändningen';
$string['token'] = 'Token';
$string['unsafepush'] = 'Sändningen behöver en adress med https och en hemlighet på minst 16 tecken.';
