//! What one environment (one thread that loaded the addon) keeps: its instance data. Everything in it belongs to that
//! thread.

const std = @import("std");
const api = @import("api.zig");
const os = @import("../os.zig");
const region_table = @import("../region_table.zig");
const Slab = @import("../slab.zig").Slab;
const c = api.c;

pub const Environment = struct {
    error_factory: c.napi_ref = null,
    scratch: Scratch = .{},
    /// For handles, searches, readers, jobs and the like.
    slab: Slab(512) = .{},
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

    /// The environment ends. Finalizers of what it made may come before or after this.
    pub fn end(environment: *Environment) void {
        environment.ended = true;
        environment.deinitWhenUnused();
    }

    fn deinitWhenUnused(environment: *Environment) void {
        if (environment.blocks > 0) return;
        environment.scratch.deinit();
        environment.slab.deinit();
        region_table.destroy(environment);
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
