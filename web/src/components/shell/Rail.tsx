import { Link } from '@tanstack/react-router';
import { navigation } from '../../lib/navigation.ts';
import { UserMenu } from './UserMenu.tsx';
import { Wordmark } from './Wordmark.tsx';
import styles from './Rail.module.css';

/** The left rail: pages in their groups, the signed-in person at the foot. */
export function Rail() {
  return (
    <div className={styles['root']}>
      <Link to="/" className={styles['brand'] ?? ''} aria-label="Signalbox, overview">
        <Wordmark />
      </Link>
      <nav className={styles['nav']} aria-label="Pages">
        {navigation.map(({ group, pages }) => (
          <div key={group} className={styles['group']}>
            <div className={styles['groupName']} id={`rail-${group}`}>
              {group}
            </div>
            <ul aria-labelledby={`rail-${group}`}>
              {pages.map(({ to, label, icon: Icon }) => (
                <li key={to}>
                  <Link to={to} className={styles['page'] ?? ''} activeOptions={{ exact: to === '/', includeSearch: false }}>
                    <Icon size={17} stroke={1.6} aria-hidden />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <UserMenu />
    </div>
  );
}
