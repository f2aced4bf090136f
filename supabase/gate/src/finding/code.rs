//! What a finding can be called.

use schemars::JsonSchema;
use serde::Serialize;

/// Kinds of findings. Closed: a program may act on them, and the documentation lists each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A function is not there.
    FunctionMissing,
    /// Two functions have one name: PostgREST answers 300.
    FunctionOverloaded,
    /// Arguments have other names, or are too many or too few.
    ArgumentNames,
    /// The same names in another order: callers by position get it wrong in silence.
    ArgumentOrder,
    /// An argument has another type.
    ArgumentTypes,
    /// An argument has another direction.
    ArgumentModes,
    /// An argument has another default, has lost it, or has one now.
    ArgumentDefaults,
    /// The result has another type or other columns.
    Result,
    /// STABLE and VOLATILE decide about GET, and about writing.
    Volatility,
    /// `security definer` or `invoker`.
    Security,
    /// Called with a null, it returns null without running, or no longer does.
    Strictness,
    /// The search path is not pinned, or to something else.
    SearchPath,
    /// Another limit, or none.
    StatementTimeout,
    /// Some other setting of a function.
    FunctionSettings,
    /// A function belongs to another role, and so runs as it.
    FunctionOwner,
    /// A role that has to run a function may not.
    ExecuteMissing,
    /// A role that must not run a function may.
    ExecuteTooWide,
    /// The comment does not say the version, or another.
    VersionComment,
    /// The body announces another version than the comment says, or none.
    Handshake,
    /// A body is not the contract's.
    BodyChanged,
    /// A function raises 40001, which PostgREST before 16 runs again for ever.
    #[serde(rename = "raises_40001")]
    Raises40001,
    /// A table or view is not there, or is the other of the two.
    RelationMissing,
    /// A table belongs to a role to which its policies should apply.
    RelationOwner,
    /// Row level security is off.
    RowSecurityOff,
    /// A view asks with the rights of its owner.
    SecurityInvokerOff,
    /// A view has another query.
    ViewChanged,
    /// A column is not there.
    ColumnMissing,
    /// A column has another type, default, or nullability.
    ColumnChanged,
    /// A constraint is not there.
    ConstraintMissing,
    /// A constraint says something else.
    ConstraintChanged,
    /// An index is not there.
    IndexMissing,
    /// An index is another, or not valid.
    IndexChanged,
    /// An index that the contract does not know: it may refuse what is written.
    IndexUnexpected,
    /// A policy is not there.
    PolicyMissing,
    /// A policy says something else.
    PolicyChanged,
    /// A policy that the contract does not know: on a table of our own any, elsewhere one that is in the way of the RPCs.
    PolicyUnexpected,
    /// A column that the contract does not know: it shows in answers, or has to be given, or its default cannot be had.
    ColumnUnexpected,
    /// A constraint that the contract does not know: writing or removing may fail.
    ConstraintUnexpected,
    /// A trigger that the contract does not know: it may change or refuse what is written.
    TriggerUnexpected,
    /// A rewrite rule that the contract does not know.
    RuleUnexpected,
    /// A table is not kept as it should be: unlogged, with rows of others in it, or published so that no row can change.
    StorageChanged,
    /// A view or a function that the contract does not know shows clients what policies keep from them.
    WayAround,
    /// A trigger is not there.
    TriggerMissing,
    /// A trigger does something else.
    TriggerChanged,
    /// A trigger is there and does not fire when it should.
    TriggerDisabled,
    /// A role lacks a right on a table.
    GrantMissing,
    /// A role has a right on a table that it must not have.
    GrantTooWide,
    /// A schema is not there.
    SchemaMissing,
    /// A schema belongs to another role.
    SchemaOwner,
    /// A role that has to use a schema may not.
    SchemaAccessMissing,
    /// A role that must not use a schema, or make things in it, may.
    SchemaAccessTooWide,
    /// A function of Supabase's that everything stands on is not there.
    PlatformMissing,
    /// A function of Supabase's answers something else, or may not be run by who has to run it.
    PlatformChanged,
    /// A role is not there.
    RoleMissing,
    /// Policies do not apply to a role to which they must.
    RoleBypassesRls,
    /// Policies apply to a role to which they must not.
    RoleBoundByRls,
    /// A role can log in that must not, or cannot that must.
    RoleLogin,
    /// A role that has to be a member is none.
    RoleMemberMissing,
    /// Somebody can become a role who must not.
    RoleMemberTooMany,
    /// A project has something that the migrations do not fit.
    InTheWay,
    /// An older way to what an RPC does was closed, and is open again.
    DoorOpen,
    /// A setting of a role or of the database that changes what the functions do.
    SettingUnexpected,
    /// A row of the operator's settings is not there, and functions refuse without it.
    SettingMissing,
    /// pg_cron is not there, and there are jobs for it.
    CronMissing,
    /// pg_cron is there, and its scheduler does not run.
    CronSchedulerDead,
    /// pg_cron is there, and the job is not.
    CronJobMissing,
    /// A job runs at another time, something else, elsewhere, or as somebody else.
    CronJobChanged,
    /// A job is switched off.
    CronJobInactive,
    /// A job failed the last time it ran.
    CronJobFailing,
    /// A call in a transaction that was rolled back went wrong.
    ProbeFailed,
    /// PostgREST does not know what the database has.
    SchemaCacheStale,
    /// A call through PostgREST went wrong.
    ProbeHttpFailed,
    /// A migration has not been applied.
    MigrationPending,
    /// A migration was applied that is no file here.
    MigrationUnknown,
    /// A migration's file was changed after it had been applied.
    MigrationChanged,
    /// A contract's change is larger than its version says.
    VersionTooSmall,
    /// A version went back.
    VersionWentBack,
    /// A component needs another version of an RPC than the database has.
    VersionIncompatible,
    /// Another major version of PostgreSQL.
    PostgresVersion,
    /// An extension is not installed.
    ExtensionMissing,
    /// An extension has another version.
    ExtensionVersion,
    /// PostgREST exposes other schemas.
    ExposedSchemas,
    /// The database is in another region.
    DatabaseRegion,
    /// The functions are in another region.
    FunctionsRegion,
}
