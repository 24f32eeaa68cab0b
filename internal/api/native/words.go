package native

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// This file holds what the OpenAPI document says beyond names and types.

const about = `May this subject do this, here? Decisions, administration, tokens and audit of role-based access control.

Bodies are JSON. Names are taken exactly as they are spelt; unknown members, members given twice and null are refused.
What goes wrong is answered as a problem of RFC 9457 that names each member at fault. Lists are read page by page:
send the ` + "`next`" + ` of one page as the ` + "`cursor`" + ` of the next, with the same query. In a path, ids are percent-encoded.`

var tags = []object{
	{"name": "Decide", "description": "Questions, each answered at one revision. About oneself they are free; about others they take `rolecall:check`."},
	{"name": "Sign in", "description": "Tokens, passwords, and who one is."},
	{"name": "Administer", "description": "Writes beyond one record."},
	{"name": "Records", "description": "What decisions rest on. What belongs to a tenant may be read and written by who administers the tenant."},
	{"name": "Replicate", "description": "A copy of the policy for another process to decide with, or the part of it that is about one tenant or API. docs/replicas.md says how to follow."},
	{"name": "Audit", "description": "The journal of every change, and the log of sign-ins."},
}

// parameterNotes describe parameters by name.
var parameterNotes = map[string]string{
	"id":              "The id, percent-encoded.",
	"at_least":        "Answer at this revision or a later one. If it is not here within two seconds, the answer is 503.",
	"as_of":           "Answer as of this past revision, at today's time. Takes `rolecall:audit.read`.",
	"dry_run":         "Do nothing, and answer who would gain and who would lose what.",
	"reason":          "Why, for the journal.",
	"Idempotency-Key": "1 to 128 visible ASCII characters. The same request with the same key is done once within a day; another request with it is 422.",
	"limit":           "The most items of a page: 1 to 1000, by default 50.",
	"cursor":          "The next of the page before.",
	"total":           "Also count all items.",
	"search":          "Only what holds this text, ignoring the case of ASCII letters, in an id, a name or an e-mail address.",
	"sort":            "The member to sort by, after a - for the greatest first. By default, the id.",
	"tenant":          "Only what belongs to or concerns this tenant; nothing after the = means what concerns none.",
	"group":           "Only immediate members of this group.",
	"actor":           "Only changes made by this subject.",
	"kind":            "Only changes to records of this kind.",
	"key":             "Only changes to the record with this key: an id, or the parts of a tuple joined by tabs.",
	"subject":         "Only what concerns this subject.",
	"from":            "At this time or later.",
	"to":              "Before this time.",
	"revision":        "Only this revision.",
	"since":           "After this revision. For a feed, of a snapshot or an event: the revision, a dot, and the mark.",
	"sso_id":          "Which of a tenant's providers; left out, the first.",
	"api":             "Only what is about this API, by identifier.",
	"through":         "Up to and including this revision.",
	"newest":          "Newest first.",
	"client":          "Only by way of this application.",
	"event":           "Only this kind of event: sign_in, sign_out, sign_up, session, silent, code, refresh, password_grant, client_credentials, password_change or confirmation.",
	"failed":          "Only what failed or, if false, what did not.",
	"after":           "The seq of an entry: only entries after it or, with newest, before it.",
}

// A fieldNote is what is said of a member.
type fieldNote struct {
	text     string
	most     int // characters
	readOnly bool
}

// fieldNotes describe members by name, or by type and name where a name says
// different things.
var fieldNotes = map[string]fieldNote{
	"id":          {text: "Opaque, immutable, compared by byte. Made if it is left out.", most: rolecall.MaxIDBytes},
	"name":        {text: "Case is kept, and compared by byte.", most: rolecall.MaxNameRunes},
	"description": {most: rolecall.MaxTextRunes},
	"attributes":  {text: "A JSON object that is kept and not read: at most 16384 bytes."},
	"created_at":  {readOnly: true},
	"updated_at":  {readOnly: true},
	"starts_at":   {text: "When it begins to count; absent means always."},
	"expires_at":  {text: "When it ceases to count; absent means never."},
	"reason":      {most: rolecall.MaxTextRunes},
	"tenant":      {text: "A tenant's id; absent means everywhere.", most: rolecall.MaxIDBytes},
	"resource":    {text: "type:id; absent means every resource.", most: rolecall.MaxResourceBytes},
	"source":      {text: "What made it; manual, if it is left out."},
	"blocked":     {text: "May nothing, and can't sign in."},
	"except":      {text: "Ids or login ids of users who may use a password all the same: at most 100."},
	"limit":       {text: "The most items of a page: 1 to 1000, by default 50."},
	"cursor":      {text: "The next of the page before."},
	"next":        {text: "The cursor of the next page; absent on the last."},
	"total":       {text: "How many there are in all, if asked for."},
	"revision":    {text: "The number of committed writes that the answer rests on."},

	"API.identifier":              {text: "The audience of its tokens. Unique and immutable.", most: rolecall.MaxIDBytes},
	"Permission.api":              {text: "An API's id; the default API, if it is left out.", most: rolecall.MaxIDBytes},
	"Role.tenant":                 {text: "The tenant that the role belongs to, and is assignable in; absent means the project."},
	"Role.default":                {text: "New users get it: a project's role everywhere, a tenant's role there."},
	"Role.private":                {text: "Not shown to a tenant's administrators."},
	"Inheritance.senior":          {text: "The role that gets every permission of the junior one."},
	"Request.permission":          {text: "By name. Exactly one of permission, role, group and any is set."},
	"Request.api":                 {text: "By identifier; absent means the default API."},
	"Request.role":                {text: "By name: is it held in this scope?"},
	"Request.group":               {text: "By name or id: is the subject a member?"},
	"Request.any":                 {text: "Is at least one of a kind held? user asks only that the subject exists and is not blocked."},
	"Request.tenant":              {text: "Absent asks what is held everywhere."},
	"Request.resource":            {text: "type:id; absent asks what is held for every resource."},
	"checkBatch.checks":           {text: "Up to 1000 questions. What they leave out, they have from the members beside checks."},
	"Decision.reason":             {text: "Why; of a denial, the first reason that applies."},
	"tokenReply.expires_in":       {text: "Seconds."},
	"tokenRequest.api":            {text: "The identifier of the API that the token is for: its audience. rolecall is this one."},
	"tokenRequest.lifetime":       {text: "Seconds: by default 3600, at most 86400. Never beyond the first expiry of what the token says."},
	"newSigningKey.algorithm":     {text: "RS256, ES256 or EdDSA; RS256, if it is left out."},
	"newSigningKey.overlap":       {text: "For how many seconds the keys before it stay published; by default, until all they signed has expired."},
	"newUser.login_ids":           {text: "What the user can type to sign in; the e-mail address, if it is left out."},
	"newUser.password_hash":       {text: "An Argon2id, bcrypt or PBKDF2 string in place of a password, from another system."},
	"newUser.temporary":           {text: "The password has to be replaced at the first sign-in."},
	"newUser.tenants":             {text: "The tenants that the user belongs to."},
	"newKey.id":                   {text: "key_ and letters and digits. Made if it is left out."},
	"newKey.subject":              {text: "Whom the key is for. If it is left out, the key gets a client of its own."},
	"newKey.password":             {text: "One's own: it takes the place of rolecall:credentials.write for a key of one's own."},
	"newWebhook.id":               {text: "hook_ and letters and digits. Made if it is left out."},
	"newWebhook.url":              {text: "https, at a public address, unless the server is configured to allow others."},
	"newWebhook.kinds":            {text: "Only changes to records of these kinds; absent means all."},
	"newWebhook.tenant":           {text: "Only what concerns this tenant; absent means everything."},
	"webhookChange.url":           {text: "https, at a public address, unless the server is configured to allow others."},
	"webhookChange.kinds":         {text: "Only changes to records of these kinds; none means all."},
	"webhookChange.tenant":        {text: "Only what concerns this tenant; empty means everything."},
	"shownWebhook.secret":         {text: "What events are signed with. No other answer shows it; it is absent when an idempotency key is used again."},
	"Listed.revision":             {text: "The webhook was told of everything up to here."},
	"Listed.failures":             {text: "Tries that failed in a row."},
	"Tested.took_ms":              {text: "Milliseconds."},
	"newSSO.client_secret":        {text: "Of the client at the provider. Left out, the one that is kept stays, if it is for this client of this provider. No answer shows it."},
	"SSOProvider.issuer":          {text: "The address of the provider, exactly as it calls itself."},
	"SSOProvider.client_id":       {text: "What the provider calls this application."},
	"SSOProvider.scopes":          {text: "What is asked for beside openid: profile and email, if they are left out."},
	"SSOProvider.domains":         {text: "Of e-mail addresses that the provider speaks for: it may sign in to accounts that members have already."},
	"SSOProvider.claims":          {text: "Names of claims, where they are not the usual ones."},
	"SSOProvider.redirect_uri":    {text: "What the provider has to be told. Left out, it is made from the server's address."},
	"ShownSSOProvider.has_secret": {text: "Whether the client's secret is kept."},
	"shownKey.secret":             {text: "The text to present. No other answer shows it; it is absent when an idempotency key is used again."},
	"newInvitation.email":         {text: "Who accepts signs in, or signs up, with this address.", most: 254},
	"newInvitation.tenant":        {text: "Where the invited become a member, and get the roles; absent means the project.", most: rolecall.MaxIDBytes},
	"newInvitation.client":        {text: "The application that they begin at, by its login_uri."},
	"newInvitation.inviter":       {text: "Who invites, as the invited read it.", most: rolecall.MaxNameRunes},
	"newInvitation.lifetime":      {text: "Seconds: by default 604800, at most 2592000."},
	"newInvitation.show":          {text: "Answer the link and mail nothing. Unless the caller may say whose any address is, accepting it does not verify the address then."},
	"madeInvitation.sent":         {text: "Whether a mail is on its way."},
	"madeInvitation.link":         {text: "Where the invited accept, if no mail says so. No other answer shows it."},
	"bulkAssignment.tenants":      {text: "Absent means everywhere."},
	"operation.record":            {text: "As its collection has it. To delete, the members of its key are enough."},
	"ProblemDetail.type":          {text: "Of an operation that failed: the type of its own problem."},
	"ProblemDetail.index":         {text: "Which operation of the write, counted from 0; of a bulk assignment, which row: subjects outermost, tenants innermost."},
	"ProblemDetail.field":         {text: "The member or parameter at fault: roles[2].tenant."},
	"Request.session":             {text: "Decide by the roles that are active in this session, and not by all that the subject holds."},
	"Constraint.tenant":           {text: "The only tenant that it is about; absent means each, and what is held outside of all."},
	"Constraint.max_allowed":      {text: "How many of the roles one subject may hold, or have active in one session: at least 1."},
	"Session.tenant":              {text: "Where its roles are held; requests must ask about the same."},
	"resourceAnswer.every":        {text: "Every resource of the type, also those that are not listed."},
	"whichResourcesQuery.type":    {text: "What is before the first colon of a resource."},
	"Entry.seq":                   {text: "Counts entries from 1, without gaps."},
	"Event.id":                    {text: "Grows from one event to the next."},
	"Event.seq":                   {text: "Of the journal's last entry when the event was written down."},
	"Event.time":                  {text: "When it happened or, if something else was written down meanwhile, when that was."},
	"Event.event":                 {text: "What somebody did. sign_up and password_change are those that failed: the others are in the journal."},
	"Event.failure":               {text: "Why it did not go well; absent if it did."},
	"Event.detail":                {text: "What the answer said besides.", most: 200},
	"Event.login":                 {text: "The login id that was given. One that nobody has is left out unless it is an e-mail address, since it may be a password.", most: 200},
	"Event.client":                {text: "The application."},
	"Event.tenant":                {text: "The tenant that somebody signed in to."},
	"Event.repeats":               {text: "How many like this one came before it, too many at once to be written down each."},
	"Entry.hash":                  {text: "SHA-256 of the entry and the hash of the one before."},
}

// made are members that may be left out of a request although every answer has
// them: what is left out is made.
var made = []string{"id", "source", "api"}

// formats are the schemas of types that are not what they look like.
var formats = map[reflect.Type]object{
	reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
	reflect.TypeFor[rolecall.Hash]():   {"type": "string", "pattern": "^[0-9a-f]{64}$"},
	reflect.TypeFor[json.RawMessage](): {},
}

// enums are the words of types that know all of theirs.
var enums = map[reflect.Type][]any{
	reflect.TypeFor[verb](): {opCreate, opPut, opUpdate, opDelete},
	reflect.TypeFor[rolecall.Source](): {rolecall.SourceManual, rolecall.SourceSSO, rolecall.SourceSCIM, rolecall.SourceCode,
		rolecall.SourceImport, rolecall.SourceInvitation, rolecall.SourceDefault, rolecall.SourceGrant},
	reflect.TypeFor[rolecall.Reason](): {rolecall.Granted, rolecall.InvalidRequest, rolecall.UnknownSubject, rolecall.Blocked,
		rolecall.UnknownAPI, rolecall.UnknownPermission, rolecall.UnknownRole, rolecall.UnknownGroup, rolecall.UnknownTenant,
		rolecall.UnknownSession, rolecall.NotGranted},
	reflect.TypeFor[rolecall.Obstacle](): {rolecall.SubjectBlocked, rolecall.Expired, rolecall.NotStarted,
		rolecall.OtherTenant, rolecall.OtherResource, rolecall.NotActive},
	reflect.TypeFor[identity.EventKind](): {identity.EventSignIn, identity.EventSession, identity.EventSilent, identity.EventPassword, identity.EventCode,
		identity.EventRefresh, identity.EventMachine, identity.EventSignOut, identity.EventSignUp, identity.EventChange, identity.EventConfirm},
	reflect.TypeFor[identity.Failure](): {identity.FailUnknown, identity.FailPassword, identity.FailBlocked, identity.FailExpired,
		identity.FailAttempts, identity.FailAddress, identity.FailSecret, identity.FailReuse, identity.FailSSO, identity.FailRefused},
	reflect.TypeFor[rolecall.ConstraintType]():  {rolecall.Static, rolecall.Dynamic},
	reflect.TypeFor[rolecall.CredentialType]():  {rolecall.Password, rolecall.AccessKey, rolecall.ClientSecret},
	reflect.TypeFor[rolecall.ApplicationType](): {rolecall.WebApplication, rolecall.SinglePage, rolecall.NativeApplication, rolecall.MachineToMachine},
	reflect.TypeFor[rolecall.ClientAuth]():      {rolecall.AuthNone, rolecall.AuthSecret},
	reflect.TypeFor[rolecall.GrantType]():       {rolecall.GrantCode, rolecall.GrantRefresh, rolecall.GrantClient, rolecall.GrantPassword, rolecall.GrantPasswordIn, rolecall.GrantImplicit, rolecall.GrantDevice},
	reflect.TypeFor[rolecall.TenantUse]():       {rolecall.TenantsAllowed, rolecall.TenantsRequired, rolecall.TenantsDenied},
	reflect.TypeFor[rolecall.TokenProfile]():    {rolecall.ProfileRFC9068},
	reflect.TypeFor[rolecall.TokenPolicy]():     {rolecall.AllowAll, rolecall.RequireGrant, rolecall.DenyAll},
	reflect.TypeFor[rolecall.GrantedFor]():      {rolecall.ForClient, rolecall.ForUser},
}
