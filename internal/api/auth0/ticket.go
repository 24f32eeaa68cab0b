package auth0

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// ticketBody is what is sent for a link to be made.
type ticketBody struct {
	User       string `json:"user_id"`
	Email      string `json:"email"`
	Connection string `json:"connection_id"`
	ResultURL  string `json:"result_url"`
	Seconds    int    `json:"ttl_sec"`
}

// find returns the user that in names.
func (in *ticketBody) find(c *call) (user *rolecall.User, err error) {
	if in.User == "" && in.Email == "" {
		return nil, required("user_id")
	}
	if in.ResultURL != "" {
		if u, err := url.Parse(in.ResultURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, invalidBody.because("result_url must be an absolute address")
		}
	}
	return user, c.view(func(ctx context.Context, v *rolecall.View) error {
		id := in.User
		if id == "" {
			login, err := rolecall.Look(ctx, v, &rolecall.LoginID{Login: identity.NormalLogin(in.Email)})
			if errors.Is(err, rolecall.ErrNotFound) {
				return noUser.because("The user does not exist.")
			}
			if err != nil {
				return err
			}
			id = string(login.Subject)
		}
		user, err = findUser(ctx, v, id)
		return err
	})
}

// passwordTicket serves POST /tickets/password-change. Whoever holds the link can
// act as the user, so the caller must be allowed to.
func passwordTicket(c *call) (reply, error) { return c.ticket(identity.ForReset, identity.ResetPath) }

// emailTicket serves POST /tickets/email-verification.
func emailTicket(c *call) (reply, error) { return c.ticket(identity.ForVerify, identity.VerifyPath) }

func (c *call) ticket(purpose identity.Purpose, path string) (reply, error) {
	var in ticketBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	user, err := in.find(c)
	if err != nil {
		return reply{}, err
	}
	ctx := c.r.Context()
	if err = c.may(writeUsers); err == nil && purpose == identity.ForReset {
		err = c.identity.MayActAs(ctx, c.by, user.ID)
	}
	if err != nil {
		return reply{}, err
	}
	_, text, err := c.identity.NewTicket(ctx, identity.NewTicket{
		Purpose: purpose, Subject: user.ID, Lifetime: time.Duration(in.Seconds) * time.Second, ReturnURL: in.ResultURL, Shown: true,
	})
	if isField(err, "lifetime") {
		err = invalidBody.because("ttl_sec must be at most %d", maxInvitationSeconds)
	}
	if err != nil {
		return reply{}, err
	}
	link := strings.TrimSuffix(c.audience, strings.TrimPrefix(Prefix, "/")+"/") + strings.TrimPrefix(path, "/")
	return reply{201, object{"ticket": link + "?ticket=" + url.QueryEscape(text)}}, nil
}

// verificationJob serves POST /jobs/verification-email: the mail is on its way
// when it answers.
func verificationJob(c *call) (reply, error) {
	var in ticketBody
	if err := c.read(&in); err != nil {
		return reply{}, err
	}
	user, err := in.find(c)
	if err == nil {
		err = c.may(writeUsers)
	}
	if err == nil {
		err = c.identity.SendVerification(c.r.Context(), user.ID, "")
	}
	if errors.Is(err, identity.ErrNoMail) {
		err = invalidBody.because("%v", err)
	}
	return reply{201, object{
		"id": rolecall.NewID("job"), "type": "verification_email", "status": "completed", "created_at": stamp(c.rc.Now()),
	}}, err
}
