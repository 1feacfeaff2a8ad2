//! Linux and macOS. See os.zig for what these are for; here is only how.

const builtin = @import("builtin");
const std = @import("std");
const os = @import("../os.zig");
const Fault = @import("../faults.zig").Fault;

pub const calls = switch (builtin.os.tag) {
    .linux => @import("linux.zig"),
    .macos => @import("macos.zig"),
    else => @compileError("no mapping of files on this system yet"),
};

pub const pageSizeOf = calls.pageSizeOf;
pub const residency = calls.residency;
pub const PageMap = calls.PageMap;
pub const watchReadErrors = @import("read_errors.zig").watch;
pub const yield = calls.yield;

pub const Path = struct {
    buffer: [length_max + 1]u8,
    length: usize,

    const length_max = 4096;

    pub fn init(path: *Path, utf8: []const u8, fault: *Fault, syscall: []const u8) error{System}!void {
        if (utf8.len > length_max) return fault.system(.ENAMETOOLONG, syscall);
        @memcpy(path.buffer[0..utf8.len], utf8);
        path.buffer[utf8.len] = 0;
        path.length = utf8.len;
    }

    fn pointer(path: *const Path) [*:0]const u8 {
        return path.buffer[0..path.length :0];
    }
};

pub const File = struct {
    descriptor: i32,

    pub fn close(file: File) void {
        calls.close(file.descriptor);
    }

    pub fn stat(file: File, fault: *Fault) error{System}!os.Stat {
        return calls.stat(file.descriptor, fault);
    }
};

pub fn openForReading(path: *const Path, fault: *Fault) error{System}!File {
    // Not blocking, so that a pipe is refused for what it is instead of waited for.
    return open(path, .{ .ACCMODE = .RDONLY, .CLOEXEC = true, .NONBLOCK = true }, fault);
}

fn open(path: *const Path, flags: std.posix.O, fault: *Fault) error{System}!File {
    return .{ .descriptor = try calls.open(path.pointer(), flags, fault) };
}

/// Private and writable without reserving swap, so that a stray write neither crashes nor reaches the file; read-only
/// where the system refuses that. `offset` is a multiple of `os.map_granularity`.
pub fn mapFile(file: File, offset: u64, length: usize, fault: *Fault) error{System}!os.Mapped {
    std.debug.assert(offset % os.map_granularity == 0);
    if (calls.map(length, .writable, file.descriptor, offset, fault)) |memory| {
        return .{ .memory = memory, .writable = true };
    } else |_| {}
    const memory = try calls.map(length, .readable, file.descriptor, offset, fault);
    return .{ .memory = memory, .writable = false };
}

pub fn unmapFile(memory: []align(os.page_alignment) u8) void {
    calls.unmap(memory);
}

/// Puts zeros in place of the pages of `[start, end)` from the one with `address` on, in one step. For a handler of a
/// signal: only system calls. False where the system refuses.
pub fn replaceWithZeros(start: usize, end: usize, address: usize) bool {
    // The system takes whole pages only, so that it is asked how large they are by trying.
    for ([_]usize{ 4096, 16 * 1024, os.map_granularity }) |page_size| {
        const from = start + (address - start) / page_size * page_size;
        if (calls.mapZeros(from, end - from)) return true;
    }
    // It may have as many mappings as it allows: one as a whole splits none.
    return calls.mapZeros(start, end - start);
}

pub fn advise(memory: []align(os.page_alignment) u8, advice: os.Advice) void {
    calls.advise(memory, advice);
}

pub fn allocatePages(length: usize) error{OutOfMemory}![]align(os.page_alignment) u8 {
    var fault: Fault = .{};
    return calls.map(length, .anonymous, -1, 0, &fault) catch return error.OutOfMemory;
}

pub fn freePages(memory: []align(os.page_alignment) u8) void {
    calls.unmap(memory);
}

/// The file, created and locked; `null` where somebody has it locked. The lock belongs to the open file, not to the
/// process, so it holds against this process too, and goes with its last descriptor.
pub fn lockFile(path: *const Path, fault: *Fault) error{System}!?File {
    const attempts_max = 100;
    for (0..attempts_max) |_| {
        const file = try open(path, .{ .ACCMODE = .RDWR, .CREAT = true, .CLOEXEC = true }, fault);
        var keep = false;
        defer if (!keep) file.close();
        calls.lock(file.descriptor, fault) catch |err| return if (fault.code == .EAGAIN) null else err;
        // Whoever had it before may have removed the file between our open and our lock: then it locks nothing.
        const locked = try file.stat(fault);
        const named = openForReading(path, fault) catch |err| if (fault.code == .ENOENT) continue else return err;
        defer named.close();
        if (!locked.isSameFile(try named.stat(fault))) continue;
        keep = true;
        return file;
    }
    return fault.system(.EBUSY, "flock");
}

pub fn syncDirectory(path: *const Path, fault: *Fault) error{System}!void {
    const directory = try open(path, .{ .ACCMODE = .RDONLY, .DIRECTORY = true, .CLOEXEC = true }, fault);
    defer directory.close();
    calls.sync(directory.descriptor, fault) catch |err| switch (fault.code) {
        // File systems that cannot do this for directories say so; there is nothing more to be had from them.
        .EINVAL, .ENOTSUP => {},
        else => return err,
    };
}

pub fn writeToStderr(text: []const u8) void {
    calls.write(2, text);
}

/// What `calls.map` maps.
pub const Protection = enum {
    /// Private pages of a file; writes go to copies of them.
    writable,
    /// Private pages of a file; writes fault.
    readable,
    /// Zeroed memory.
    anonymous,

    pub fn flags(protection: Protection) std.posix.MAP {
        return switch (protection) {
            .writable, .readable => .{ .TYPE = .PRIVATE, .NORESERVE = true },
            .anonymous => .{ .TYPE = .PRIVATE, .ANONYMOUS = true },
        };
    }

    pub fn access(protection: Protection) std.posix.PROT {
        return .{ .READ = true, .WRITE = protection != .readable };
    }
};
