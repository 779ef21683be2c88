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
 * Strings in Norwegian bokmål (also used for nb, whose parent is no).
 *
 * @package    local_lmsbridge
 * @copyright  2026 lms-bridge
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['accountintro'] = 'lms-bridge logger inn med en egen konto som får gjøre det den trenger, og ikke mer. Knappen slår på webtjenester og lager en rolle, kontoen og tokenet.';
$string['accountlastname'] = 'Tjeneste';
$string['accountmade'] = 'Kontoen er klar. Skriv dette inn i lms-bridge under Oppsett → Moodle, og hold tokenet for deg selv.';
$string['accountmake'] = 'Lag kontoen og tokenet';
$string['account'] = 'Koble til denne Moodle';
$string['address'] = 'Adresse';
$string['busy'] = 'Den samme modulen blir publisert til dette kurset akkurat nå. Prøv igjen om et minutt.';
$string['hasattempts'] = 'Noen har begynt på denne aktiviteten. Den kan skjules, ikke slettes.';
$string['invalidpackage'] = 'Denne pakken kan ikke brukes: {$a}';
$string['lmsbridge:use'] = 'Bruke lms-bridge';
$string['lostparts'] = 'Den mangler en del som noen har begynt på ({$a}). Forsøkene deres ville gått tapt.';
$string['nocourse'] = 'Det finnes ikke noe kurs {$a}.';
$string['nosection'] = 'Kurset har ingen seksjon {$a}.';
$string['notallowed'] = 'Kontoen mangler: {$a}';
$string['nothingtolaunch'] = 'Manifestet har ingenting å åpne.';
$string['notonefile'] = 'Det skulle vært én zip-fil, men {$a} ble lastet opp.';
$string['notours'] = 'Denne aktiviteten er ikke publisert av lms-bridge.';
$string['pluginname'] = 'lms-bridge';
$string['privacy:outbox:attempt'] = 'Nummeret på forsøket';
$string['privacy:outbox:cmid'] = 'Aktiviteten';
$string['privacy:outbox:courseid'] = 'Kurset';
$string['privacy:outbox:name'] = 'Navnet på aktiviteten eller kurset';
$string['privacy:outbox:occurred'] = 'Når det skjedde';
$string['privacy:outbox:person'] = 'Hvem det var, beholdt i en måned når kontoen er slettet';
$string['privacy:outbox:revision'] = 'Versjonen av modulen';
$string['privacy:outbox:score'] = 'Poengsummen';
$string['privacy:outbox:state'] = 'Fullført, bestått eller ikke bestått';
$string['privacy:outbox:userid'] = 'Deltakeren';
$string['privacy:outbox'] = 'Resultatene til deltakere, som meldes til lms-bridge.';
$string['privacy:told:email'] = 'E-postadressen til deltakeren';
$string['privacy:told:fullname'] = 'Navnet til deltakeren';
$string['privacy:told:idnumber'] = 'ID-nummeret til deltakeren';
$string['privacy:told:results'] = 'Hva deltakeren har fullført, bestått eller ikke bestått, når, og med hvilken poengsum';
$string['privacy:told:username'] = 'Brukernavnet til deltakeren';
$string['privacy:told'] = 'Resultater meldes til lms-bridge, der de dokumenterer kompetanse.';
$string['privacy:touched'] = 'Deltakere som nettopp fikk endret resultatene sine, til det er skrevet ned.';
$string['pushanswer'] = 'lms-bridge svarte med HTTP-status {$a}.';
$string['pusherror'] = 'Siste feil';
$string['pushoff'] = 'Resultater sendes ikke herfra: lms-bridge henter dem. Sendingen slås på når tilkoblingen testes i lms-bridge.';
$string['pushsuccess'] = 'Sist mottatt';
$string['pushurl'] = 'Sendes til';
$string['pushwaiting'] = 'Venter';
$string['resultskept'] = 'Resultater som er skrevet ned';
$string['results'] = 'Resultater';
$string['roledescription'] = 'Det lms-bridge trenger for å publisere moduler og lese resultater. Gis bare til kontoen til lms-bridge.';
$string['taskcleanup'] = 'Rydde i resultater som lms-bridge ikke lenger trenger';
$string['taskpushwaiting'] = 'Sende ventende resultater til lms-bridge';
$string['tasksweep'] = 'Lete etter resultater som ikke er meldt til lms-bridge';
$string['testbad'] = 'lms-bridge tok ikke imot testen. {$a->error}';
$string['testgood'] = 'lms-bridge tok imot testen på {$a->milliseconds} ms.';
$string['testpush'] = 'Test sendingen';
$string['token'] = 'Token';
$string['unsafepush'] = 'Sendingen trenger en adresse med https og en hemmelighet på minst 16 tegn.';
