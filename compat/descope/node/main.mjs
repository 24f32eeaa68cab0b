console.log("FAIL descope: not written yet");
console.log("0 passed, 1 failed");
