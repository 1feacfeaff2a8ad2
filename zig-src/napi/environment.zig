//! What one environment (one thread that loaded the addon) keeps: its instance data. Everything in it belongs to that
//! thread, except the two atomic numbers.

const std = @import("std");
const api = @import("api.zig");
const os = @import("../os.zig");
const region_table = @import("../region_table.zig");
const Slab = @import("../slab.zig").Slab;
const c = api.c;

pub const Environment = struct {
    /// One for the instance data, and one for each window whose buffer has not been collected.
    references: std.atomic.Value(u32) = .init(1),
    /// Bytes of windows that were collected, which the engine's counter still lacks. See `account`.
    collected: std.atomic.Value(i64) = .init(0),
    /// Whether the engine's counter follows what it is told.
    counts_external_memory: bool = true,
    error_factory: c.napi_ref = null,
    scratch: Scratch = .{},
    /// For handles, searches, readers, jobs and the like.
    slab: Slab(256) = .{},
    blocks: u64 = 0,
    ended: bool = false,

    pub fn init() error{OutOfMemory}!*Environment {
        const environment = try region_table.create(Environment);
        environment.* = .{};
        return environment;
    }

    /// Memory for a small struct, undefined.
    pub fn create(environment: *Environment, comptime T: type) error{OutOfMemory}!*T {
        const pointer = try environment.slab.create(T);
        environment.blocks += 1;
        return pointer;
    }

    pub fn destroy(environment: *Environment, pointer: anytype) void {
        environment.slab.destroy(pointer);
        environment.blocks -= 1;
        if (environment.ended) environment.deinitWhenUnused();
    }

    /// On any thread. The rest of the environment is gone by then: only the numbers may be used.
    pub fn release(environment: *Environment) void {
        if (environment.references.fetchSub(1, .acq_rel) == 1) region_table.destroy(environment);
    }

    /// The environment ends. Finalizers of what it made may come before or after this.
    pub fn end(environment: *Environment) void {
        environment.ended = true;
        environment.deinitWhenUnused();
    }

    fn deinitWhenUnused(environment: *Environment) void {
        if (environment.blocks > 0) return;
        environment.scratch.deinit();
        environment.slab.deinit();
        environment.release();
    }

    /// Adds to the engine's counter of memory outside of its heap, by which it decides when to collect. A window adds
    /// its whole length to it, though it costs the process nothing; so that length is taken away beforehand (after
    /// would be too late: a large one makes the engine collect everything at once) and given back when the engine has
    /// taken it away itself. That happens in finalizers, on any thread; so it waits for the next call here.
    pub fn account(environment: *Environment, env: c.napi_env, bytes: i64) void {
        if (!environment.counts_external_memory) return;
        const change = environment.collected.swap(0, .monotonic) + bytes;
        if (change == 0) return;
        const before = externalMemory(env);
        const after = adjust(env, change);
        // Engines that only ever add would collect ever more.
        if (after != before +% change) environment.counts_external_memory = false;
    }

    pub fn externalMemory(env: c.napi_env) i64 {
        return adjust(env, 0);
    }

    fn adjust(env: c.napi_env, change: i64) i64 {
        var result: i64 = 0;
        return if (api.call(.napi_adjust_external_memory, .{ env, change, &result }) == c.napi_ok) result else 0;
    }
};

/// Memory that is reused by one call after the other.
pub const Scratch = struct {
    memory: []align(os.page_alignment) u8 = &.{},

    /// What is kept between calls.
    const kept_max = 256 * 1024;

    /// Valid until the next `get` or `trim`.
    pub fn get(scratch: *Scratch, length: usize) error{OutOfMemory}![]u8 {
        if (length > scratch.memory.len) {
            scratch.deinit();
            // In steps, so that few lengths mean few allocations.
            const step = 64 * 1024;
            scratch.memory = try os.allocatePages(std.mem.alignForward(usize, length, step));
        }
        return scratch.memory[0..length];
    }

    /// Gives unusually much memory back.
    pub fn trim(scratch: *Scratch) void {
        if (scratch.memory.len > kept_max) scratch.deinit();
    }

    pub fn deinit(scratch: *Scratch) void {
        if (scratch.memory.len > 0) os.freePages(scratch.memory);
        scratch.memory = &.{};
    }
};
