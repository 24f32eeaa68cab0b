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

// refused returns the error that a call rejects with, which has one of the
// statuses.
export async function refused(call, ...statuses) {
  let value;
  try {
    value = await call;
  } catch (error) {
    if (!statuses.includes(error.statusCode)) throw new Error(`got status ${error.statusCode} (${error.message}), want ${statuses}`);
    return error;
  }
  throw new Error(`accepted, want it refused with ${statuses}: ${JSON.stringify(value?.data ?? value)}`);
}

// refusedAs is refused by the Management API, with its message.
export async function refusedAs(message, call, status) {
  const { body } = await refused(call, status);
  same(body?.statusCode, status, 'statusCode in the body');
  same(body?.message, message, 'message in the body');
}

// denied is refused by the Authentication API, with its code.
export async function denied(code, call, status) {
  const error = await refused(call, status);
  same(error.error, code, 'code');
  return error;
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

// all follows a list from page to page.
export async function all(list) {
  const found = [];
  for await (const entry of await list) found.push(entry);
  return found;
}

// claims reads the payload of a token.
export const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

export const database = 'Username-Password-Authentication';
export const password = 'Correct-Horse-9-Battery';
export const nobody = 'auth0|000000000000000000000000';
