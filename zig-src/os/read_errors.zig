//! SIGBUS, which Linux and macOS send to a thread that reads mapped pages which the file no longer has, or which cannot
//! be read. Without this it ends the process.
//!
//! One handler for the process, and in front of whatever handler there was: a signal that is not about our memory goes
//! on to that. All that the handler touches is here or behind `recover`: atomics, the stack and system calls, no lock
//! and no memory of anybody's heap, since the thread may have been anywhere.

const std = @import("std");
const calls = @import("posix.zig").calls;
const SA = std.posix.SA;
const SIG = std.posix.SIG;
const Sigaction = std.posix.Sigaction;

/// Makes an address readable again. False where it is not ours or that is impossible.
pub const Recover = *const fn (address: usize) bool;

var recover: std.atomic.Value(?Recover) = .init(null);

/// Sees to it that read errors come to `recover`, always the same. To be called again and again, by one thread at a
/// time: others install handlers too, some without passing on what is not theirs (libuv does for
/// `process.on('SIGBUS')`), and whoever comes last is asked first.
pub fn watch(recovery: Recover) void {
    var current: Sigaction = undefined;
    if (!calls.signalAction(.BUS, null, &current) or isOurs(&current)) return;
    if (!earlier.remember(&current)) return;
    recover.store(recovery, .release);
    calls.stayLoaded(&handle);
    _ = calls.signalAction(.BUS, &.{
        .handler = .{ .sigaction = &handle },
        // For the handler before, which may count on both.
        .mask = current.mask,
        .flags = SA.SIGINFO | SA.ONSTACK | (current.flags & SA.RESTART),
    }, null);
}

fn isOurs(action: *const Sigaction) bool {
    return @intFromPtr(action.handler.handler) == @intFromPtr(&handle);
}

fn handle(signal: SIG, info: *const std.posix.siginfo_t, context: ?*anyopaque) callconv(.c) void {
    if (calls.readErrorAddress(info)) |address| {
        if (recover.load(.acquire).?(address)) return;
    }
    earlier.passOn(signal, info, context);
}

/// The handlers that were there before.
const earlier = struct {
    /// Written before `count` covers them, and never again.
    var actions: [actions_max]Sigaction = undefined;
    var count: std.atomic.Value(usize) = .init(0);
    /// Of the one that was there when ours was installed last.
    var latest: std.atomic.Value(usize) = .init(0);

    /// The contexts that are being passed on. Who was installed over ours may pass on to ours what ours passes on to
    /// them: the context, which is one signal's, tells that, where a thread-local would in a program.
    var contexts: [contexts_max]std.atomic.Value(usize) = @splat(.init(0));

    const actions_max = 16;
    const contexts_max = 16;

    /// False where there is no room, which takes many different handlers.
    fn remember(action: *const Sigaction) bool {
        const known = count.load(.monotonic);
        const number = for (actions[0..known], 0..) |*other, number| {
            if (isSame(action, other)) break number;
        } else known;
        if (number == actions_max) return false;
        if (number == known) {
            actions[number] = action.*;
            count.store(number + 1, .release);
        }
        latest.store(number, .release);
        return true;
    }

    fn isSame(a: *const Sigaction, b: *const Sigaction) bool {
        return @intFromPtr(a.handler.handler) == @intFromPtr(b.handler.handler) and a.flags == b.flags;
    }

    fn passOn(signal: SIG, info: *const std.posix.siginfo_t, context: ?*anyopaque) void {
        const place = enter(@intFromPtr(context)) orelse return passTo(null, signal, info, context);
        defer place.entry.store(0, .release);
        passTo(switch (place.depth) {
            0 => &actions[latest.load(.acquire)],
            // Back from that one: the one before us all is left.
            1 => &actions[0],
            else => null,
        }, signal, info, context);
    }

    const Place = struct { entry: *std.atomic.Value(usize), depth: usize };

    fn enter(context: usize) ?Place {
        var depth: usize = 0;
        for (&contexts) |*entry| depth += @intFromBool(entry.load(.acquire) == context);
        for (&contexts) |*entry| {
            if (entry.cmpxchgStrong(0, context, .acq_rel, .monotonic) == null) return .{ .entry = entry, .depth = depth };
        }
        return null;
    }

    /// Without an action: to the system, which ends the process.
    fn passTo(action: ?*const Sigaction, signal: SIG, info: *const std.posix.siginfo_t, context: ?*anyopaque) void {
        const is_read_error = calls.readErrorAddress(info) != null;
        const handler = if (action) |known| known.handler.handler else SIG.DFL;
        // What nobody may ignore: the same instruction would fail for ever.
        if (handler == SIG.IGN and !is_read_error) return;
        if (handler == SIG.DFL or handler == SIG.IGN) {
            _ = calls.signalAction(signal, &.{ .handler = .{ .handler = SIG.DFL }, .mask = calls.no_signals, .flags = 0 }, null);
            // A read error comes again by itself, and a dump then shows where; what was sent has to be sent again. It
            // is blocked until the handler returns.
            if (!is_read_error) calls.raise(signal);
            return;
        }
        const known = action.?;
        if (known.flags & SA.SIGINFO != 0) known.handler.sigaction.?(signal, info, context) else handler.?(signal);
    }
};
