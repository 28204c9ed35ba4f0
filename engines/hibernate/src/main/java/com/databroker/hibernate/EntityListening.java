package com.databroker.hibernate;

import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.event.spi.PostDeleteEvent;
import org.hibernate.event.spi.PostDeleteEventListener;
import org.hibernate.event.spi.PostInsertEvent;
import org.hibernate.event.spi.PostInsertEventListener;
import org.hibernate.event.spi.PostUpdateEvent;
import org.hibernate.event.spi.PostUpdateEventListener;
import org.jspecify.annotations.Nullable;

/// Hears of every row that any session writes, and tells the session's [EntityChanges].
final class EntityListening implements PostInsertEventListener, PostUpdateEventListener, PostDeleteEventListener {
    private static @Nullable EntityChanges of(SharedSessionContractImplementor session) {
        return session.getInterceptor() instanceof EntityChanges changes ? changes : null;
    }

    @Override
    public void onPostInsert(PostInsertEvent event) {
        EntityChanges changes = of(event.getSession());
        if (changes != null) {
            changes.inserted(event.getPersister(), event.getId());
        }
    }

    @Override
    public void onPostUpdate(PostUpdateEvent event) {
        EntityChanges changes = of(event.getSession());
        if (changes != null) {
            changes.updated(event.getPersister(), event.getId(), event.getOldState());
        }
    }

    @Override
    public void onPostDelete(PostDeleteEvent event) {
        EntityChanges changes = of(event.getSession());
        if (changes != null) {
            changes.deleted(event.getPersister(), event.getId(), event.getDeletedState());
        }
    }
}
