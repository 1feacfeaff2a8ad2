//! Windows. See os.zig for what these are for; here is only how.

const std = @import("std");
const os = @import("../os.zig");
const Code = @import("error_codes.zig").Code;
const Fault = @import("../faults.zig").Fault;

const Handle = *anyopaque;
const invalid_handle: ?Handle = @ptrFromInt(std.math.maxInt(usize));

const FileTime = extern struct {
    low: u32,
    high: u32,
};

const FileInformation = extern struct {
    attributes: u32,
    created: FileTime,
    accessed: FileTime,
    written: FileTime,
    volume_serial: u32,
    size_high: u32,
    size_low: u32,
    links: u32,
    index_high: u32,
    index_low: u32,
};

/// FILE_BASIC_INFO.
const BasicInformation = extern struct {
    created: i64,
    accessed: i64,
    written: i64,
    changed: i64,
    attributes: u32,
};

/// WIN32_MEMORY_RANGE_ENTRY.
const MemoryRange = extern struct {
    address: *anyopaque,
    length: usize,
};

const Name = [*:0]const u16;

const kernel32 = struct {
    extern "kernel32" fn CreateFileW(Name, u32, u32, ?*anyopaque, u32, u32, ?Handle) callconv(.winapi) ?Handle;
    extern "kernel32" fn CloseHandle(Handle) callconv(.winapi) i32;
    extern "kernel32" fn GetLastError() callconv(.winapi) u32;
    extern "kernel32" fn GetFileType(Handle) callconv(.winapi) u32;
    extern "kernel32" fn GetFileInformationByHandle(Handle, *FileInformation) callconv(.winapi) i32;
    extern "kernel32" fn GetFileInformationByHandleEx(Handle, u32, *anyopaque, u32) callconv(.winapi) i32;
    extern "kernel32" fn CreateFileMappingW(Handle, ?*anyopaque, u32, u32, u32, ?Name) callconv(.winapi) ?Handle;
    extern "kernel32" fn MapViewOfFile(Handle, u32, u32, u32, usize) callconv(.winapi) ?*anyopaque;
    extern "kernel32" fn UnmapViewOfFile(*const anyopaque) callconv(.winapi) i32;
    extern "kernel32" fn VirtualAlloc(?*anyopaque, usize, u32, u32) callconv(.winapi) ?*anyopaque;
    extern "kernel32" fn VirtualFree(*anyopaque, usize, u32) callconv(.winapi) i32;
    extern "kernel32" fn GetCurrentProcess() callconv(.winapi) Handle;
    extern "kernel32" fn PrefetchVirtualMemory(Handle, usize, *const MemoryRange, u32) callconv(.winapi) i32;
    extern "kernel32" fn SwitchToThread() callconv(.winapi) i32;
    extern "kernel32" fn GetStdHandle(u32) callconv(.winapi) ?Handle;
    extern "kernel32" fn WriteFile(Handle, [*]const u8, u32, ?*u32, ?*anyopaque) callconv(.winapi) i32;
};

const generic_read = 0x8000_0000;
const generic_write = 0x4000_0000;
const share_read = 1;
const share_write = 2;
const share_delete = 4;
const open_existing = 3;
const open_always = 4;
/// FILE_FLAG_BACKUP_SEMANTICS: opens directories too, so that they are refused for what they are.
const backup_semantics = 0x0200_0000;
const attribute_directory = 0x10;
const file_type_disk = 1;
const file_basic_info = 0;
const page_read_only = 0x02;
const page_write_copy = 0x08;
const map_copy = 1;
const map_read = 4;
const commit_and_reserve = 0x3000;
const page_read_write = 0x04;
const mem_release = 0x8000;
const std_error_handle: u32 = 0xffff_fff4;

pub const Path = struct {
    buffer: [length_max + 1]u16,
    length: usize,

    /// What Windows allows at most, with the prefix that makes it do so.
    const length_max = 32767;

    pub fn init(path: *Path, utf8: []const u8, fault: *Fault, syscall: []const u8) error{System}!void {
        // A UTF-8 text never has fewer bytes than UTF-16 units.
        if (utf8.len > length_max) return fault.system(.ENAMETOOLONG, syscall);
        path.length = std.unicode.utf8ToUtf16Le(&path.buffer, utf8) catch return fault.system(.ENOENT, syscall);
        path.buffer[path.length] = 0;
    }

    fn pointer(path: *const Path) [*:0]const u16 {
        return path.buffer[0..path.length :0];
    }
};

pub const File = struct {
    handle: Handle,

    pub fn close(file: File) void {
        _ = kernel32.CloseHandle(file.handle);
    }

    pub fn stat(file: File, fault: *Fault) error{System}!os.Stat {
        if (kernel32.GetFileType(file.handle) != file_type_disk) {
            return .{ .kind = .other, .size = 0, .device = 0, .inode = 0, .modified_ns = 0, .changed_ns = 0 };
        }
        var information: FileInformation = undefined;
        if (kernel32.GetFileInformationByHandle(file.handle, &information) == 0) return failed("fstat", fault);
        var basic: BasicInformation = undefined;
        const size = @sizeOf(BasicInformation);
        if (kernel32.GetFileInformationByHandleEx(file.handle, file_basic_info, &basic, size) == 0) {
            return failed("fstat", fault);
        }
        return .{
            .kind = if (information.attributes & attribute_directory != 0) .directory else .regular,
            .size = wide(information.size_high, information.size_low),
            .device = information.volume_serial,
            .inode = wide(information.index_high, information.index_low),
            .modified_ns = sinceUnixEpoch(basic.written),
            .changed_ns = sinceUnixEpoch(basic.changed),
        };
    }
};

fn wide(high: u32, low: u32) u64 {
    return @as(u64, high) << 32 | low;
}

/// From 100 ns since 1601.
fn sinceUnixEpoch(time: i64) i128 {
    const seconds_between_epochs = 11_644_473_600;
    return @as(i128, time) * 100 - seconds_between_epochs * std.time.ns_per_s;
}

pub fn openForReading(path: *const Path, fault: *Fault) error{System}!File {
    const share = share_read | share_write | share_delete;
    const name = path.pointer();
    const handle = kernel32.CreateFileW(name, generic_read, share, null, open_existing, backup_semantics, null);
    return if (handle == invalid_handle) failed("open", fault) else .{ .handle = handle.? };
}

/// Copy-on-write, so that a stray write neither crashes nor reaches the file; read-only where Windows refuses that.
pub fn mapFile(file: File, offset: u64, length: usize, fault: *Fault) error{System}!os.Mapped {
    if (mapView(file, page_write_copy, map_copy, offset, length, fault)) |memory| {
        return .{ .memory = memory, .writable = true };
    } else |_| {}
    const memory = try mapView(file, page_read_only, map_read, offset, length, fault);
    return .{ .memory = memory, .writable = false };
}

fn mapView(
    file: File,
    protection: u32,
    access: u32,
    offset: u64,
    length: usize,
    fault: *Fault,
) error{System}![]align(os.page_alignment) u8 {
    const section = kernel32.CreateFileMappingW(file.handle, null, protection, 0, 0, null) orelse {
        return failed("CreateFileMapping", fault);
    };
    // A view keeps its section.
    defer _ = kernel32.CloseHandle(section);
    const high: u32 = @truncate(offset >> 32);
    const low: u32 = @truncate(offset);
    const address = kernel32.MapViewOfFile(section, access, high, low, length) orelse {
        return failed("MapViewOfFile", fault);
    };
    const start: [*]align(os.page_alignment) u8 = @ptrCast(@alignCast(address));
    return start[0..length];
}

pub fn unmapFile(memory: []align(os.page_alignment) u8) void {
    const result = kernel32.UnmapViewOfFile(memory.ptr);
    std.debug.assert(result != 0);
}

/// Nothing is known of pages here.
pub fn pageSizeOf(_: []align(os.page_alignment) u8) ?usize {
    return null;
}

pub fn residency(_: os.Pages, _: []u8) bool {
    return false;
}

pub const PageMap = @import("no_page_map.zig").PageMap;

/// Nothing to do: the system keeps others from cutting short a file that is mapped.
pub fn watchReadErrors(_: *const fn (address: usize) bool) void {}

pub fn replaceWithZeros(_: usize, _: usize, _: usize) bool {
    return false;
}

/// Windows can be told to read a range soon, and nothing of how.
pub fn advise(memory: []align(os.page_alignment) u8, advice: os.Advice) void {
    switch (advice) {
        .random, .sequential, .@"huge-pages" => {},
        .@"will-need" => prefetch(memory),
        .preload => {
            prefetch(memory);
            os.touch(memory);
        },
    }
}

fn prefetch(memory: []align(os.page_alignment) u8) void {
    const range: MemoryRange = .{ .address = memory.ptr, .length = memory.len };
    _ = kernel32.PrefetchVirtualMemory(kernel32.GetCurrentProcess(), 1, &range, 0);
}

pub fn allocatePages(length: usize) error{OutOfMemory}![]align(os.page_alignment) u8 {
    const address = kernel32.VirtualAlloc(null, length, commit_and_reserve, page_read_write) orelse {
        return error.OutOfMemory;
    };
    const start: [*]align(os.page_alignment) u8 = @ptrCast(@alignCast(address));
    return start[0..length];
}

pub fn freePages(memory: []align(os.page_alignment) u8) void {
    const result = kernel32.VirtualFree(memory.ptr, 0, mem_release);
    std.debug.assert(result != 0);
}

/// Not sharing the file is the lock; it goes with the handle.
pub fn lockFile(path: *const Path, fault: *Fault) error{System}!?File {
    const handle = kernel32.CreateFileW(path.pointer(), generic_read | generic_write, 0, null, open_always, 0, null);
    if (handle != invalid_handle) return .{ .handle = handle.? };
    const sharing_violation = 32;
    if (kernel32.GetLastError() == sharing_violation) return null;
    return failed("open", fault);
}

/// Windows makes renames durable itself, and has no way to ask.
pub fn syncDirectory(_: *const Path, _: *Fault) error{System}!void {}

pub fn yield() void {
    _ = kernel32.SwitchToThread();
}

pub fn writeToStderr(text: []const u8) void {
    const handle = kernel32.GetStdHandle(std_error_handle) orelse return;
    _ = kernel32.WriteFile(handle, text.ptr, @intCast(text.len), null, null);
}

fn failed(syscall: []const u8, fault: *Fault) error{System} {
    return fault.system(codeOf(kernel32.GetLastError()), syscall);
}

fn codeOf(windows_error: u32) Code {
    return switch (windows_error) {
        2, 3, 15, 53, 67, 123, 126, 161 => .ENOENT,
        4 => .EMFILE,
        5, 1314 => .EPERM,
        6 => .EBADF,
        8, 14, 1455 => .ENOMEM,
        19 => .EROFS,
        32, 33, 1224 => .EBUSY,
        80, 183 => .EEXIST,
        87 => .EINVAL,
        112, 39 => .ENOSPC,
        206 => .ENAMETOOLONG,
        267 => .ENOTDIR,
        1005, 1117, 23 => .EIO,
        1 => .EISDIR,
        50 => .ENOTSUP,
        else => .UNKNOWN,
    };
}
