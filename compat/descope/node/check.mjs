// What all groups of checks use: a check passes if its body does not throw.

import assert from 'node:assert/strict';

let passed = 0;
let failed = 0;

export async function check(name, body) {
  try {
    await body();
    passed++;
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${String(error?.message ?? error).replace(/\s+/g, ' ')}`);
  }
}

// end prints the closing line, and returns the exit code.
export function end() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

// must returns the data of a call that was not refused.
export async function must(call) {
  const res = await call;
  if (!res.ok) throw new Error(`status ${res.code}: ${JSON.stringify(res.error)}`);
  return res.data;
}

// refused returns the error of a call that was, with one of the statuses.
export async function refused(call, ...statuses) {
  const res = await call;
  if (res.ok) throw new Error(`accepted, want it refused with ${statuses}`);
  if (!statuses.includes(res.code)) throw new Error(`got status ${res.code} (${JSON.stringify(res.error)}), want ${statuses}`);
  const { errorCode, errorDescription, errorMessage } = res.error ?? {};
  if (!/^E[0-9]{6}$/.test(errorCode)) throw new Error(`the error code is ${errorCode}, want E and six digits`);
  if (!errorDescription || !errorMessage) throw new Error(`no description or message in ${JSON.stringify(res.error)}`);
  return res.error;
}

export async function refusedAs(code, call, ...statuses) {
  const error = await refused(call, ...statuses);
  same(error.errorCode, code, 'error code');
}

// rejects fails unless a helper of the SDK rejects, with a message of the server's or its own.
export async function rejects(call) {
  let value;
  try {
    value = await call;
  } catch (error) {
    if (/undefined/.test(error.message)) throw new Error(`rejected without a reason: ${error.message}`);
    return error;
  }
  throw new Error(`accepted, want it rejected: ${JSON.stringify(value)}`);
}

export function same(got, want, what = 'value') {
  try {
    assert.deepEqual(got, want);
  } catch {
    throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  }
}

// sameSet compares lists whose order says nothing. A list that is missing is none.
export function sameSet(got, want, what = 'list') {
  if (!Array.isArray(got)) throw new Error(`${what}: got ${JSON.stringify(got)}, want a list`);
  same([...got].sort(), [...want].sort(), what);
}

export function holds(condition, what) {
  if (!condition) throw new Error(`${what}: does not hold`);
}

// The statuses of refusals. A name or id that does not exist may be seen as a
// bad request or as a thing that is missing.
export const bad = 400;
export const unproven = 401;
export const forbidden = 403;
export const unknown = 404;
export const tooMany = 429;

export const userNotFound = 'E112102';
export const userExists = 'E062107';
export const passwordExpired = 'E062909';
export const loggedOut = 'E064001';
export const rateLimited = 'E130429';

export const password = 'Correct-Horse-9-Battery';
