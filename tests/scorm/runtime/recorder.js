// An LMS that writes down every call, holds plain values, and misbehaves as the page's address says:
// ?values={"cmi.core.lesson_status": "passed"}&faults={"Commit": "null", "GetValue": "empty", "SetValue": "throw"}
// faults: "null", "false", "throw", "empty" (answers ""), "slow" (takes 300 ms), or a list of elements to refuse.
function install(standard) {
  const address = new URLSearchParams(location.search);
  const values = JSON.parse(address.get("values") ?? "{}");
  const faults = JSON.parse(address.get("faults") ?? "{}");
  const calls = (window.calls = []);
  let error = "0";

  const right = {
    Initialize: () => "true",
    GetValue: (element) => values[element] ?? "",
    SetValue(element, value) {
      values[element] = value;
      return "true";
    },
    Commit: () => "true",
    GetLastError: () => error,
    GetErrorString: () => "",
    GetDiagnostic: () => "",
    Finish: () => "true",
    Terminate: () => "true",
  };

  function call(name, ...given) {
    if (name !== "GetLastError") {
      calls.push([name, ...given]);
      error = "0";
    }
    const fault = faults[name];
    if (fault === "null") return null;
    if (fault === "empty") return "";
    if (fault === "throw") throw new Error(`${name} is broken`);
    if (fault === "false" || (Array.isArray(fault) && fault.includes(given[0]))) {
      error = "201";
      return "false";
    }
    if (fault === "slow") {
      const end = performance.now() + 300;
      while (performance.now() < end);
    }
    return right[name](...given);
  }

  const api = {};
  for (const name of Object.keys(right)) {
    if (standard === "scorm12" && name !== "Terminate") api[`LMS${name}`] = (...given) => call(name, ...given);
    if (standard === "scorm2004" && name !== "Finish") api[name] = (...given) => call(name, ...given);
  }
  window[standard === "scorm12" ? "API" : "API_1484_11"] = api;
  Object.assign(window, { values, faults });
}
