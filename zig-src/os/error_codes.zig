//! The errors of operating systems, named, worded and numbered as Node does (that is, as libuv does).

const builtin = @import("builtin");
const std = @import("std");

pub const Code = enum {
    EACCES,
    EAGAIN,
    EBADF,
    EBUSY,
    EEXIST,
    EFBIG,
    EINTR,
    EINVAL,
    EIO,
    EISDIR,
    ELOOP,
    EMFILE,
    ENAMETOOLONG,
    ENFILE,
    ENODEV,
    ENOENT,
    ENOLCK,
    ENOMEM,
    ENOSPC,
    ENOSYS,
    ENOTDIR,
    ENOTSUP,
    ENXIO,
    EOVERFLOW,
    EPERM,
    EROFS,
    ETXTBSY,
    UNKNOWN,

    pub fn message(code: Code) []const u8 {
        return switch (code) {
            .EACCES => "permission denied",
            .EAGAIN => "resource temporarily unavailable",
            .EBADF => "bad file descriptor",
            .EBUSY => "resource busy or locked",
            .EEXIST => "file already exists",
            .EFBIG => "file too large",
            .EINTR => "interrupted system call",
            .EINVAL => "invalid argument",
            .EIO => "i/o error",
            .EISDIR => "illegal operation on a directory",
            .ELOOP => "too many symbolic links encountered",
            .EMFILE => "too many open files",
            .ENAMETOOLONG => "name too long",
            .ENFILE => "file table overflow",
            .ENODEV => "no such device",
            .ENOENT => "no such file or directory",
            .ENOLCK => "no locks available",
            .ENOMEM => "not enough memory",
            .ENOSPC => "no space left on device",
            .ENOSYS => "function not implemented",
            .ENOTDIR => "not a directory",
            .ENOTSUP => "operation not supported on socket",
            .ENXIO => "no such device or address",
            .EOVERFLOW => "value too large for defined data type",
            .EPERM => "operation not permitted",
            .EROFS => "read-only file system",
            .ETXTBSY => "text file is busy",
            .UNKNOWN => "unknown error",
        };
    }

    /// `errno` of a Node error: negative.
    pub fn number(code: Code) i32 {
        if (builtin.os.tag == .windows) return windowsNumber(code);
        switch (code) {
            .UNKNOWN => return unknown,
            inline else => |known| {
                const E = std.posix.E;
                const errno: E = if (known == .ENOTSUP) .OPNOTSUPP else @field(E, @tagName(known)[1..]);
                return -@as(i32, @backingInt(errno));
            },
        }
    }

    pub fn fromPosix(errno: std.posix.E) Code {
        if (errno == .OPNOTSUPP) return .ENOTSUP;
        inline for (comptime std.enums.values(Code)) |code| {
            if (code == .UNKNOWN or code == .ENOTSUP) continue;
            if (errno == @field(std.posix.E, @tagName(code)[1..])) return code;
        }
        return .UNKNOWN;
    }
};

const unknown = -4094;

/// libuv has numbers of its own where the system has none.
fn windowsNumber(code: Code) i32 {
    return switch (code) {
        .EACCES => -4092,
        .EAGAIN => -4088,
        .EBADF => -4083,
        .EBUSY => -4082,
        .EEXIST => -4075,
        .EFBIG => -4036,
        .EINTR => -4072,
        .EINVAL => -4071,
        .EIO => -4070,
        .EISDIR => -4068,
        .ELOOP => -4067,
        .EMFILE => -4066,
        .ENAMETOOLONG => -4064,
        .ENFILE => -4061,
        .ENODEV => -4059,
        .ENOENT => -4058,
        .ENOLCK => unknown,
        .ENOMEM => -4057,
        .ENOSPC => -4055,
        .ENOSYS => -4054,
        .ENOTDIR => -4052,
        .ENOTSUP => -4049,
        .ENXIO => -4033,
        .EOVERFLOW => -4026,
        .EPERM => -4048,
        .EROFS => -4047,
        .ETXTBSY => -4039,
        .UNKNOWN => unknown,
    };
}
