/** By what a file is known again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeBetween, type FileState } from '#src/file-state.js';

const state: FileState = { device: '1', inode: '2', fileSize: 3, modifiedNs: '1795793302924752414' };

describe('the states of a file', () => {
  it('differ by what the name means, and by what is in it', () => {
    assert.equal(changeBetween(state, { ...state }), 'none');
    assert.equal(changeBetween(state, { ...state, inode: '9' }), 'replaced');
    assert.equal(changeBetween({ ...state, bornNs: '4' }, { ...state, bornNs: '5' }), 'replaced');
    assert.equal(changeBetween(state, { ...state, fileSize: 4 }), 'in place');
    assert.equal(changeBetween(state, { ...state, modifiedNs: '1795793302924752415' }), 'in place');
  });

  it('are the same where a runtime tells whole milliseconds', () => {
    const whole = { ...state, modifiedNs: '1795793302924000000' };
    assert.equal(changeBetween(state, whole), 'none');
    assert.equal(changeBetween(whole, state), 'none');
    assert.equal(changeBetween(state, { ...whole, modifiedNs: '1795793302925000000' }), 'in place');
  });
});
