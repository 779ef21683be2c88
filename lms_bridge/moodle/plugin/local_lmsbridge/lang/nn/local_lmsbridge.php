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
 * Strings in Norwegian nynorsk.
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['accountintro'] = 'lms-bridge loggar inn med ein eigen konto som får gjere det han treng, og ikkje meir. Knappen slår på webtenester og lagar ei rolle, kontoen og tokenet.';
$string['accountlastname'] = 'Teneste';
$string['accountmade'] = 'Kontoen er klar. Skriv dette inn i lms-bridge under Oppsett → Moodle, og hald tokenet for deg sjølv.';
$string['accountmake'] = 'Lag kontoen og tokenet';
$string['account'] = 'Kople til denne Moodle';
$string['address'] = 'Adresse';
$string['busy'] = 'Den same modulen blir publisert til dette kurset akkurat no. Prøv igjen om eit minutt.';
$string['hasattempts'] = 'Nokon har byrja på denne aktiviteten. Han kan skjulast, ikkje slettast.';
$string['invalidpackage'] = 'Denne pakken kan ikkje brukast: {$a}';
$string['lmsbridge:use'] = 'Bruke lms-bridge';
$string['lostparts'] = 'Han manglar ein del som nokon har byrja på ({$a}). Forsøka deira ville gått tapt.';
$string['nocourse'] = 'Det finst ikkje noko kurs {$a}.';
$string['nosection'] = 'Kurset har ingen seksjon {$a}.';
$string['notallowed'] = 'Kontoen manglar: {$a}';
$string['nothingtolaunch'] = 'Manifestet har ingenting å opne.';
$string['notonefile'] = 'Det skulle vore éi zip-fil, men {$a} vart lasta opp.';
$string['notours'] = 'Denne aktiviteten er ikkje publisert av lms-bridge.';
$string['pluginname'] = 'lms-bridge';
$string['privacy:outbox:attempt'] = 'Nummeret på forsøket';
$string['privacy:outbox:cmid'] = 'Aktiviteten';
$string['privacy:outbox:courseid'] = 'Kurset';
$string['privacy:outbox:name'] = 'Namnet på aktiviteten eller kurset';
$string['privacy:outbox:occurred'] = 'Når det skjedde';
$string['privacy:outbox:person'] = 'Kven det var, tatt vare på i ein månad når kontoen er sletta';
$string['privacy:outbox:revision'] = 'Versjonen av modulen';
$string['privacy:outbox:score'] = 'Poengsummen';
$string['privacy:outbox:state'] = 'Fullført, greidd eller ikkje greidd';
$string['privacy:outbox:userid'] = 'Deltakaren';
$string['privacy:outbox'] = 'Resultata til deltakarar, som blir melde til lms-bridge.';
$string['privacy:told:email'] = 'E-postadressa til deltakaren';
$string['privacy:told:fullname'] = 'Namnet til deltakaren';
$string['privacy:told:idnumber'] = 'ID-nummeret til deltakaren';
$string['privacy:told:results'] = 'Kva deltakaren har fullført, greidd eller ikkje greidd, når, og med kva poengsum';
$string['privacy:told:username'] = 'Brukarnamnet til deltakaren';
$string['privacy:told'] = 'Resultat blir melde til lms-bridge, der dei dokumenterer kompetanse.';
$string['privacy:touched'] = 'Deltakarar som nettopp fekk endra resultata sine, til det er skrive ned.';
$string['pushanswer'] = 'lms-bridge svarte med HTTP-status {$a}.';
$string['pusherror'] = 'Siste feil';
$string['pushoff'] = 'Resultat blir ikkje sende herifrå: lms-bridge hentar dei. Sendinga blir slått på når tilkoplinga blir testa i lms-bridge.';
$string['pushsuccess'] = 'Sist motteke';
$string['pushurl'] = 'Blir sende til';
$string['pushwaiting'] = 'Ventar';
$string['resultskept'] = 'Resultat som er skrivne ned';
$string['results'] = 'Resultat';
$string['roledescription'] = 'Det lms-bridge treng for å publisere modular og lese resultat. Skal berre givast til kontoen til lms-bridge.';
$string['taskcleanup'] = 'Rydde i resultat som lms-bridge ikkje lenger treng';
$string['taskpushwaiting'] = 'Sende ventande resultat til lms-bridge';
$string['tasksweep'] = 'Leite etter resultat som ikkje er melde til lms-bridge';
$string['testbad'] = 'lms-bridge tok ikkje imot testen. {$a->error}';
$string['testgood'] = 'lms-bridge tok imot testen på {$a->milliseconds} ms.';
$string['testpush'] = 'Test sendinga';
$string['token'] = 'Token';
$string['unsafepush'] = 'Sendinga treng ei adresse med https og ein løyndom på minst 16 teikn.';
